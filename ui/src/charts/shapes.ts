/** What a line chart draws, worked out from lines, bands and settings. Pure. */

import type { Band } from "./bands";
import type { Line } from "./lines";
import { type Smoothing, smoothLine } from "./smooth";

export interface Stroke {
  line: Line;
  xs: readonly number[];
  ys: readonly (number | null)[];
  /** Drawn strong over the faint line. */
  smooth: readonly (number | null)[] | null;
}

export interface Shapes {
  strokes: readonly Stroke[];
  bands: readonly Band[];
  points: number;
  max: number | null;
  min: number | null;
}

export function shapesOf(lines: readonly Line[], bands: readonly Band[], how: { smoothing: Smoothing; logX: boolean; logY: boolean }): Shapes {
  const { smoothing, logX, logY } = how;
  const strokes = lines.map((line): Stroke => {
    const kept = logX ? line.xs.flatMap((x, i) => (x > 0 ? [i] : [])) : null;
    const pick = <T>(list: readonly T[]) => (kept ? kept.map((i) => list[i] as T) : list);
    const xs = pick(line.xs);
    const ys = logY ? pick(line.ys).map((y) => (y !== null && y <= 0 ? null : y)) : pick(line.ys);
    const smooth = smoothing.amount > 0 ? smoothLine({ xs, steps: pick(line.steps), unit: line.unit }, ys, smoothing) : null;
    return { line, xs, ys, smooth };
  });
  const shapes = { strokes, bands, points: 0, max: null as number | null, min: null as number | null };
  const see = (y: number | null | undefined) => {
    if (y === null || y === undefined) return;
    if (shapes.max === null || y > shapes.max) shapes.max = y;
    if (shapes.min === null || y < shapes.min) shapes.min = y;
  };
  for (const { ys } of strokes) {
    shapes.points += ys.length;
    ys.forEach(see);
  }
  for (const band of bands) {
    shapes.points += band.points;
    band.greatest.forEach(see);
    band.least.forEach((y) => (logY && y !== null && y <= 0 ? undefined : see(y)));
  }
  return shapes;
}

/** From the first x to the last; room around a single one. */
export function xRange({ strokes, bands }: Shapes, log: boolean): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const { xs } of [...strokes, ...bands]) {
    const first = xs[0];
    const last = xs.at(-1);
    if (first !== undefined && last !== undefined) {
      min = Math.min(min, first);
      max = Math.max(max, last);
    }
  }
  if (min > max) return log ? [1, 10] : [0, 1];
  if (min < max) return [min, max];
  return log ? [min / 2, min * 2] : [min - 1, min + 1];
}

export interface Clipped {
  /** Points beyond the axis, and how far they go. */
  above: number;
  top: number;
  below: number;
  bottom: number;
}

export interface YRange {
  min: number;
  max: number;
  clipped: Clipped | null;
}

/** The values to be seen between two places of the x axis; with `clip` without those that lie far from the rest. */
export function yRange(shapes: Shapes, [from, to]: readonly [number, number], clip: boolean, log: boolean): YRange {
  const typical: number[] = [];
  const extreme: number[] = [];
  for (const { xs, ys } of shapes.strokes) {
    xs.forEach((x, i) => {
      const y = ys[i];
      if (y !== null && y !== undefined && x >= from && x <= to) typical.push(y);
    });
  }
  for (const { xs, low, high, middle, least, greatest } of shapes.bands) {
    xs.forEach((x, i) => {
      if (x < from || x > to) return;
      for (const y of [low[i], middle[i], high[i]]) if (y !== null && y !== undefined && !(log && y <= 0)) typical.push(y);
      for (const y of [least[i], greatest[i]]) if (y !== null && y !== undefined && !(log && y <= 0)) extreme.push(y);
    });
  }
  const all = extreme.length ? typical.concat(extreme) : typical;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const y of all) {
    if (y < min) min = y;
    if (y > max) max = y;
  }
  if (min > max) return { min: log ? 1 : 0, max: log ? 10 : 1, clipped: null };
  if (!clip) return { min, max, clipped: null };
  const [low, high] = usual(typical, log);
  const clipped: Clipped = { above: 0, top: max, below: 0, bottom: min };
  for (const y of extreme.length ? extreme : typical) {
    if (y > high) clipped.above += 1;
    if (y < low) clipped.below += 1;
  }
  return { min: Math.max(min, low), max: Math.min(max, high), clipped: clipped.above + clipped.below > 0 ? clipped : null };
}

/** From the 1st to the 99th of a hundred, and half of that again on both sides. */
function usual(values: readonly number[], log: boolean): [number, number] {
  const sorted = Float64Array.from(log ? values.map(Math.log) : values).sort();
  const low = sorted[Math.floor((sorted.length - 1) * 0.01)] ?? 0;
  const high = sorted[Math.ceil((sorted.length - 1) * 0.99)] ?? 0;
  const room = (high - low) / 2;
  return log ? [Math.exp(low - room), Math.exp(high + room)] : [low - room, high + room];
}
