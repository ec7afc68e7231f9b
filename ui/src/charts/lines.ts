/** From points as the server sends them to lines as a chart draws them. Pure. */

import { type Wire, toNumber } from "../lib/format";

/** A metric: points lie where the run's other series was at the same step. */
export type XAxis = "step" | "time" | "relative" | `metrics.${string}`;

/** The metric that is the x axis, where one is. */
export const alongOf = (axis: XAxis): string | null => (axis.startsWith("metrics.") ? axis.slice("metrics.".length) : null);

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
  /** The same as they were logged: NaN and the infinities are told apart. */
  logged: readonly Wire[];
  steps: readonly number[];
  /** Distance of neighbours on the x axis before thinning. */
  unit: number;
}

export interface Look {
  label: string;
  colour: string;
  dash?: readonly number[];
}

/** `start` is the run's beginning, for relative time. Seconds on both time axes. `along` is the series of a metric axis. */
export function toLine(points: Points, axis: XAxis, start: number | null, look: Look, along?: Points): Line {
  if (axis.startsWith("metrics.")) return alongMetric(points, along, look);
  const origin = start ?? points.timestamps[0] ?? 0;
  const xs =
    axis === "step" ? points.steps : points.timestamps.map((time) => (axis === "time" ? time : time - origin) / 1000);
  return arranged(points, xs, look);
}

/** Against another metric: its value at the same step, between two of its points on the straight line between them. */
function alongMetric(points: Points, along: Points | undefined, look: Look): Line {
  const steps = along?.steps ?? [];
  const values = (along?.values ?? []).map(finite);
  const at = points.steps.map((step) => valueAt(steps, values, step));
  const kept = at.flatMap((x, i) => (x === null ? [] : [i]));
  const pick = <T>(list: readonly T[]): T[] => kept.map((i) => list[i] as T);
  const there = { ...points, steps: pick(points.steps), values: pick(points.values), timestamps: pick(points.timestamps) };
  return arranged(there, pick(at) as number[], look);
}

/** A series at a step, interpolated; null outside of it. */
export function valueAt(steps: readonly number[], values: readonly (number | null)[], step: number): number | null {
  const last = steps.length - 1;
  if (last < 0 || step < (steps[0] ?? 0) || step > (steps[last] ?? 0)) return null;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((steps[middle] ?? 0) <= step) low = middle;
    else high = middle - 1;
  }
  const before = values[low] ?? null;
  const [x0, x1] = [steps[low] ?? 0, steps[low + 1]];
  const after = values[low + 1] ?? null;
  if (x0 === step || x1 === undefined || before === null || after === null) return x0 === step ? before : null;
  return before + ((after - before) * (step - x0)) / (x1 - x0);
}

function arranged(points: Points, xs: readonly number[], look: Look): Line {
  const order = ascending(xs) ? null : xs.map((_, i) => i).sort((a, b) => (xs[a] ?? 0) - (xs[b] ?? 0));
  const pick = <T>(list: readonly T[]): readonly T[] => (order ? order.map((i) => list[i] as T) : list);
  const sorted = pick(xs);
  const span = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  const logged = pick(points.values);
  return {
    id: points.run_id,
    label: look.label,
    colour: look.colour,
    dash: look.dash ?? [],
    xs: sorted,
    ys: logged.map(finite),
    logged,
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

/** Steps that lie between two places of the x axis, a neighbour on each side included; null when nothing does. */
export function stepsBetween(lines: readonly Line[], [from, to]: readonly [number, number]): { start: number; end: number } | null {
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

interface Timed {
  first_timestamp: number;
  last_timestamp: number;
}

/** The stretch of a time axis on which all of these series lie; undefined on other axes, or where there is no time at all. */
export function timeSpan(series: readonly Timed[], axis: XAxis, start: number | null): readonly [number, number] | undefined {
  if ((axis !== "time" && axis !== "relative") || series.length === 0) return undefined;
  const from = Math.min(...series.map((one) => one.first_timestamp));
  const to = Math.max(...series.map((one) => one.last_timestamp));
  const origin = axis === "relative" ? (start ?? from) : 0;
  return to > from ? [(from - origin) / 1000, (to - origin) / 1000] : undefined;
}
