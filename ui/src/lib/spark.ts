/** Shapes of the small drawings in cells. Pure. */

import { toNumber } from "./format";

/** An SVG path through points that are numbers, broken where they are not; empty for none. The higher value is higher up. */
export function sparkPath(values: readonly (number | string | null)[], steps: readonly number[], width: number, height: number): string {
  const points = values.map((value, i) => ({ x: steps[i] ?? i, y: finite(value) }));
  const known = points.flatMap(({ y }) => (y === null ? [] : [y]));
  if (known.length === 0) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const [from, to] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
  const inset = 1.5;
  const place = (value: number, least: number, most: number, room: number) => inset + (most > least ? (value - least) / (most - least) : 0.5) * (room - 2 * inset);
  let path = "";
  let drawing = false;
  for (const { x, y } of points) {
    if (y !== null) path += `${drawing ? "L" : "M"}${place(x, from, to, width).toFixed(1)} ${(height - place(y, low, high, height)).toFixed(1)}`;
    drawing = y !== null;
  }
  // A single point is a line without length, which a round cap makes a dot.
  return known.length === 1 ? `${path}h0` : path;
}

/** Where a value lies between the least and the greatest of its column, 0 to 1; null where it cannot be told. */
export function shareOf(value: number | string | null | undefined, low: number | string | null, high: number | string | null): number | null {
  const [own, least, most] = [toNumber(value), finite(low), finite(high)];
  if (own === null || Number.isNaN(own) || least === null || most === null) return null;
  if (most <= least) return own === least ? 1 : null;
  return Math.min(1, Math.max(0, (own - least) / (most - least)));
}

function finite(value: number | string | null | undefined): number | null {
  const number = toNumber(value);
  return number !== null && Number.isFinite(number) ? number : null;
}
