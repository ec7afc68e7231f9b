/** Rows of a comparison: keys down, runs across. Pure. */

import type { ComparedMetric, ComparedParam, Meaning } from "../../api/schema.gen";
import { lowerIsBetter, metricNote } from "../../lib/direction";
import { natural } from "../../lib/natural";
import { type Wire, toNumber } from "../../lib/format";

export interface MetricRow {
  key: string;
  /** Key, statistic, unit and which end is good, as a head. */
  title: string;
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

const byKey = (a: { key: string }, b: { key: string }) => natural(a.key, b.key);

export function metricRows(metrics: readonly ComparedMetric[], meanings: Readonly<Record<string, Meaning>> = {}): MetricRow[] {
  return [...metrics]
    .filter(({ key }) => !key.startsWith("system/"))
    .sort(byKey)
    .map((metric) => {
      const { key } = metric;
      const said = meanings[key];
      const { last, low: min, high: max, mean, first } = metric;
      const values = { last, min, max, mean, first }[said?.statistic ?? "last"].map((value) => value ?? undefined);
      const low = lowerIsBetter(key, said?.direction);
      const note = metricNote(said);
      return { key, title: `${key} ${low ? "↓" : "↑"}${note && ` ${note}`}`, low, values, best: bestOf(values, low) };
    });
}

export function bestOf(values: readonly (Wire | undefined)[], low: boolean): number {
  const numbers = values.map((value) => toNumber(value));
  const usable = numbers.filter((number): number is number => number !== null && !Number.isNaN(number));
  if (usable.length < 2) return -1;
  const top = low ? Math.min(...usable) : Math.max(...usable);
  return usable.every((number) => number === top) ? -1 : numbers.indexOf(top);
}

export function paramRows(params: readonly ComparedParam[]): ParamRow[] {
  return [...params].sort(byKey).map((param) => {
    const values = param.values.map((value) => value ?? undefined);
    return { key: param.key, values, differs: values.some((value) => value !== values[0]) };
  });
}
