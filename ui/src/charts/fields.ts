/** Columns of runs as axes of a chart: numbers, logarithms of numbers, or categories. Pure. */

import { cut } from "../lib/cut";
import { formatNumber } from "../lib/format";
import { natural } from "../lib/natural";
import { makeScale, padded, type Scale, shortMarks, ticks } from "./scales";

export type Value = number | string | null;

/** One value a run. */
export interface Field {
  id: string;
  name: string;
  values: readonly Value[];
}

/** The runs of a chart, in the order of every field's values. */
export interface ChartRuns {
  ids: readonly string[];
  labels: readonly string[];
  colours: readonly string[];
}

export interface Axis {
  name: string;
  numeric: boolean;
  log: boolean;
  categories: readonly string[];
  /** From 0 to 1; null where there is no place for it. */
  at: (value: Value) => number | null;
  /** Of a numeric axis the value at a place; of categories the index. */
  value: (place: number) => number;
  marks: (count: number) => { at: number; label: string }[];
}

/** Params are texts; those that say a number are one. */
export function asNumber(value: Value): number | null {
  if (value === null || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A number that has no place on an axis. */
export function endless(value: Value): boolean {
  return value === "NaN" || value === "Infinity" || value === "-Infinity";
}

export function isNumeric(values: readonly Value[]): boolean {
  return values.every((value) => value === null || endless(value) || asNumber(value) !== null);
}

const MOST_CATEGORIES = 60;

/** Params over two powers of ten stand on a logarithmic axis by themselves. */
export function axisOf(field: Field, { log }: { log?: boolean } = {}): Axis {
  const numbers = isNumeric(field.values) ? field.values.map(asNumber).filter((value) => value !== null) : [];
  return numbers.length ? numericAxis(field, numbers, log) : categoryAxis(field);
}

function numericAxis(field: Field, numbers: readonly number[], log: boolean | undefined): Axis {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of numbers) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const wide = field.id.startsWith("params.") && min > 0 && max / min >= 100;
  const logarithmic = (log ?? wide) && min > 0;
  const scale: Scale = makeScale(...padded(min, max, logarithmic), logarithmic);
  return {
    name: field.name,
    numeric: true,
    log: scale.log,
    categories: [],
    at: (value) => {
      const number = asNumber(value);
      return number === null ? null : scale.at(number);
    },
    value: scale.value,
    marks: (count) => {
      const marks = ticks(scale, count);
      const words = shortMarks(marks);
      return marks.map((mark, i) => ({ at: scale.at(mark), label: words[i] ?? "" }));
    },
  };
}

/** Places side by side, also for what looks like numbers. */
export function categoryAxis(field: Field): Axis {
  const all = [...new Set(field.values.filter((value) => value !== null).map(String))].sort(natural);
  const categories = all.slice(0, MOST_CATEGORIES);
  const places = new Map(categories.map((name, i) => [name, (i + 0.5) / categories.length]));
  return {
    name: field.name,
    numeric: false,
    log: false,
    categories,
    at: (value) => (value === null ? null : (places.get(String(value)) ?? null)),
    value: (place) => Math.max(0, Math.min(categories.length - 1, Math.floor(place * categories.length))),
    marks: (count) => {
      const every = Math.max(1, Math.ceil(categories.length / Math.max(count, 2) / 2));
      return categories.flatMap((name, i) => (i % every ? [] : [{ at: (i + 0.5) / categories.length, label: cut(name, 14) }]));
    },
  };
}

export function valueWords(value: Value): string {
  if (value === null) return "none";
  return typeof value === "number" ? formatNumber(value) : value;
}
