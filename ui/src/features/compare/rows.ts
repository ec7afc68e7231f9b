/** Rows of a comparison: keys down, runs across. Pure. */

import type { MetricSummary, RunDetail } from "../../api/schema.gen";
import { lowerIsBetter } from "../../lib/direction";
import { natural } from "../../lib/natural";
import { type Wire, toNumber } from "../../lib/format";

export interface MetricRow {
  key: string;
  low: boolean;
  values: (Wire | undefined)[];
  /** Index of the best run; -1 when none is better than the others. NaN never wins. */
  best: number;
}

export interface ParamRow {
  key: string;
  values: (string | undefined)[];
  differs: boolean;
}

function unionKeys(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort(natural);
}

export function metricRows(runs: readonly RunDetail[]): MetricRow[] {
  const maps = runs.map((run) => new Map(run.metrics.map((metric): [string, MetricSummary] => [metric.key, metric])));
  return unionKeys(maps.map((map) => [...map.keys()].filter((key) => !key.startsWith("system/")))).map((key) => {
    const values = maps.map((map) => map.get(key)?.last);
    const low = lowerIsBetter(key);
    return { key, low, values, best: bestOf(values, low) };
  });
}

export function bestOf(values: readonly (Wire | undefined)[], low: boolean): number {
  const numbers = values.map((value) => toNumber(value));
  const usable = numbers.filter((number): number is number => number !== null && !Number.isNaN(number));
  if (usable.length < 2) return -1;
  const top = low ? Math.min(...usable) : Math.max(...usable);
  return usable.every((number) => number === top) ? -1 : numbers.indexOf(top);
}

export function paramRows(runs: readonly RunDetail[]): ParamRow[] {
  return unionKeys(runs.map((run) => Object.keys(run.params))).map((key) => {
    const values = runs.map((run) => run.params[key]);
    return { key, values, differs: values.some((value) => value !== values[0]) };
  });
}
