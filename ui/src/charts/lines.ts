/** From points as the server sends them to lines as a chart draws them. Pure. */

import { type Wire, toNumber } from "../lib/format";

export type XAxis = "step" | "time" | "relative";

/** One series as it came. `total` points are in the range asked for; these are those that keep its shape. */
export interface Points {
  run_id: string;
  key: string;
  steps: readonly number[];
  values: readonly Wire[];
  timestamps: readonly number[];
  total: number;
}

export interface Line {
  id: string;
  label: string;
  /** A CSS colour, variables included. */
  colour: string;
  dash: readonly number[];
  xs: readonly number[];
  /** null: not a number there. */
  ys: readonly (number | null)[];
  steps: readonly number[];
  /** Distance of neighbours on the x axis before thinning. */
  unit: number;
}

export interface Look {
  label: string;
  colour: string;
  dash?: readonly number[];
}

/** `start` is the run's beginning, for relative time. Seconds on both time axes. */
export function toLine(points: Points, axis: XAxis, start: number | null, look: Look): Line {
  const origin = start ?? points.timestamps[0] ?? 0;
  const xs =
    axis === "step" ? points.steps : points.timestamps.map((time) => (axis === "time" ? time : time - origin) / 1000);
  const order = ascending(xs) ? null : xs.map((_, i) => i).sort((a, b) => (xs[a] ?? 0) - (xs[b] ?? 0));
  const pick = <T>(list: readonly T[]): readonly T[] => (order ? order.map((i) => list[i] as T) : list);
  const sorted = pick(xs);
  const span = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  return {
    id: points.run_id,
    label: look.label,
    colour: look.colour,
    dash: look.dash ?? [],
    xs: sorted,
    ys: pick(points.values).map(finite),
    steps: pick(points.steps),
    unit: points.total > 1 ? span / (points.total - 1) : 1,
  };
}

function ascending(xs: readonly number[]): boolean {
  return xs.every((x, i) => i === 0 || x >= (xs[i - 1] ?? 0));
}

function finite(value: Wire): number | null {
  const number = toNumber(value);
  return number !== null && Number.isFinite(number) ? number : null;
}

/** A column of a joined table: a number, `null` where the line breaks, `undefined` where it has no point. */
export type Joined = (number | null | undefined)[];

/** Several lines over one x axis: the union of their xs, ascending; points at the same x of one line follow each other. */
export function join(lines: readonly { xs: readonly number[]; ys: readonly (number | null)[] }[]): { xs: number[]; columns: Joined[] } {
  const first = lines[0];
  if (lines.length === 1 && first) return { xs: [...first.xs], columns: [[...first.ys]] };
  // The greatest number of times that one line has a point at an x says how often it must appear.
  const times = new Map<number, number>();
  for (const { xs } of lines) {
    let run = 0;
    xs.forEach((x, i) => {
      run = i > 0 && xs[i - 1] === x ? run + 1 : 1;
      if (run > (times.get(x) ?? 0)) times.set(x, run);
    });
  }
  const xs = [...times.keys()].sort((a, b) => a - b).flatMap((x) => Array<number>(times.get(x) ?? 1).fill(x));
  const columns = lines.map((line) => {
    const column: Joined = Array<undefined>(xs.length).fill(undefined);
    let at = 0;
    line.xs.forEach((x, i) => {
      while (at < xs.length && (xs[at] as number) < x) at += 1;
      column[at] = line.ys[i] ?? null;
      at += 1;
    });
    return column;
  });
  return { xs, columns };
}

/** Steps that lie between two places of the x axis, a neighbour on each side included; null when nothing does. */
export function stepsBetween(lines: readonly Line[], from: number, to: number): { start: number; end: number } | null {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const line of lines) {
    line.xs.forEach((x, i) => {
      const justBefore = x < from && (line.xs[i + 1] ?? Number.NEGATIVE_INFINITY) >= from;
      const justAfter = x > to && (line.xs[i - 1] ?? Number.POSITIVE_INFINITY) <= to;
      if ((x >= from && x <= to) || justBefore || justAfter) {
        const step = line.steps[i] ?? 0;
        start = Math.min(start, step);
        end = Math.max(end, step);
      }
    });
  }
  return end >= start ? { start, end } : null;
}

/** What a reader who cannot see the chart is told. */
export interface Summary {
  points: number;
  max: number | null;
  min: number | null;
  minLabel: string;
  minStep: number;
  numbers: number;
  firstStep: number;
}

export function summarise(lines: readonly Line[]): Summary {
  const summary: Summary = { points: 0, max: null, min: null, minLabel: "", minStep: 0, numbers: 0, firstStep: lines[0]?.steps[0] ?? 0 };
  for (const line of lines) {
    summary.points += line.ys.length;
    line.ys.forEach((y, i) => {
      if (y === null) return;
      summary.numbers += 1;
      if (summary.max === null || y > summary.max) summary.max = y;
      if (summary.min === null || y < summary.min) {
        summary.min = y;
        summary.minLabel = line.label;
        summary.minStep = line.steps[i] ?? 0;
      }
    });
  }
  return summary;
}
