/** From curves to paths of an SVG: scales, marks, the nearest point. Pure. */

import { toNumber } from "../lib/format";
import type { Curve } from "./contents";

export interface Range {
  from: number;
  to: number;
}

const finite = (value: number | string): number | null => {
  const number = toNumber(value);
  return number === null || !Number.isFinite(number) ? null : number;
};

/** What the points of some curves span; `within` cuts along x. One point gets some room. */
export function span(curves: readonly Curve[], within: Range | null): { x: Range; y: Range } | null {
  const x = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  const y = { ...x };
  for (const curve of curves) {
    curve.steps.forEach((step, i) => {
      const value = finite(curve.values[i] ?? "NaN");
      if (value === null || (within && (step < within.from || step > within.to))) return;
      x.from = Math.min(x.from, step);
      x.to = Math.max(x.to, step);
      y.from = Math.min(y.from, value);
      y.to = Math.max(y.to, value);
    });
  }
  if (x.from > x.to) return null;
  const room = (range: Range, share: number): Range => {
    const by = (range.to - range.from) * share || Math.abs(range.from) * 0.1 || 1;
    return { from: range.from - by, to: range.to + by };
  };
  return { x: within ?? (x.from === x.to ? room(x, 0) : x), y: room(y, 0.05) };
}

/** Where a value lies between 0 and `size`. */
export function place(value: number, range: Range, size: number): number {
  return ((value - range.from) / (range.to - range.from)) * size;
}

/** The `d` of a path; gaps where a value is not finite. */
export function path(curve: Curve, x: Range, y: Range, width: number, height: number): string {
  let text = "";
  let pen = "M";
  curve.steps.forEach((step, i) => {
    const value = finite(curve.values[i] ?? "NaN");
    if (value === null) {
      pen = "M";
      return;
    }
    text += `${pen}${place(step, x, width).toFixed(1)} ${(height - place(value, y, height)).toFixed(1)}`;
    pen = "L";
  });
  return text;
}

/** Round numbers inside a range, about `count` of them. */
export function marks({ from, to }: Range, count: number): number[] {
  const raw = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
  const found: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9 && found.length < 50; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** Index of the point of a curve that is nearest to a step; -1 for an empty one. */
export function nearest(curve: Curve, step: number): number {
  let best = -1;
  curve.steps.forEach((one, i) => {
    if (best < 0 || Math.abs(one - step) < Math.abs((curve.steps[best] ?? 0) - step)) best = i;
  });
  return best;
}
