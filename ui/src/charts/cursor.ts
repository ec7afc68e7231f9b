/** Which lines are near the cursor, and what they say there. Pure. */

import type { Shapes } from "./shapes";

export interface Reading {
  id: string;
  label: string;
  colour: string;
  dash: readonly number[];
  raw: number | null;
  smooth: number | null;
  /** Of a band: what lies beside the middle. */
  span?: string;
  nearest?: boolean;
}

/** The place of the point nearest to `x` in ascending `xs`; -1 outside of them. */
export function nearestIndex(xs: readonly number[], x: number): number {
  const last = xs.length - 1;
  const first = xs[0];
  const end = xs[last];
  if (first === undefined || end === undefined) return -1;
  const room = Math.max((end - first) / Math.max(1, last), Number.MIN_VALUE);
  if (x < first - room || x > end + room) return -1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) <= x) low = middle;
    else high = middle;
  }
  return x - (xs[low] ?? 0) <= (xs[high] ?? 0) - x ? low : high;
}

/** Readings at `x`: of more than `most` those nearest to the value `y`, the highest value first. `distance` in any monotone unit. */
export function readings(shapes: Shapes, x: number, y: number | null, most: number, place: (value: number) => number, spanWords: (low: number, high: number) => string): { shown: Reading[]; more: number } {
  const all: (Reading & { far: number })[] = [];
  const far = (value: number | null) => (y === null || value === null ? Number.MAX_VALUE : Math.abs(place(value) - place(y)));
  for (const { line, xs, ys, smooth } of shapes.strokes) {
    const i = nearestIndex(xs, x);
    const raw = ys[i] ?? null;
    if (i < 0 || raw === null) continue;
    const smoothed = smooth?.[i] ?? null;
    all.push({ id: line.id, label: line.label, colour: line.colour, dash: line.dash, raw, smooth: smoothed, far: Math.min(far(raw), far(smoothed)) });
  }
  for (const band of shapes.bands) {
    const i = nearestIndex(band.xs, x);
    const raw = band.middle[i] ?? null;
    if (i < 0 || raw === null) continue;
    const [low, high] = [band.low[i] ?? null, band.high[i] ?? null];
    const span = low !== null && high !== null ? { span: spanWords(low, high) } : {};
    all.push({ id: band.id, label: band.label, colour: band.colour, dash: [], raw, smooth: null, far: far(raw), ...span });
  }
  all.sort((a, b) => a.far - b.far);
  const shown = all.slice(0, most).map(({ far: _, ...reading }, i): Reading => (i === 0 && y !== null && all.length > 1 ? { ...reading, nearest: true } : reading));
  shown.sort((a, b) => (b.raw ?? 0) - (a.raw ?? 0));
  return { shown, more: all.length - shown.length };
}
