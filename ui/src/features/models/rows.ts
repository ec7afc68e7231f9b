/** Versions side by side: which rows there are, which differ, which value is best. Pure. */

import type { Meaning, MetricSummary, Objective, SignatureColumn, VersionDetail } from "../../api/schema.gen";
import { lowerIsBetter, metricNote } from "../../lib/direction";
import { toNumber } from "../../lib/format";
import { natural } from "../../lib/natural";

export interface MetricRow {
  key: string;
  /** Which value of the series counts, if not the last, and its unit. */
  note: string;
  low: boolean;
  values: (number | null)[];
  /** See `bestOf`. */
  best: number | null;
}

export interface TextRow {
  key: string;
  values: (string | null)[];
  differs: boolean;
}

/** Is a smaller value better? As the objective says, or what was said of the metric, else by its name. */
export function isLow(key: string, objective: Objective | null | undefined, said: Meaning | undefined): boolean {
  return key === objective?.key ? objective.direction === "min" : lowerIsBetter(key, said?.direction);
}

/** The value of a series that counts. */
function counts(metric: MetricSummary | undefined, said: Meaning | undefined): number | null {
  return metric ? toNumber(metric[said?.statistic ?? "last"]) : null;
}

/** The objective first, then by name. What the first version's experiment says of a metric counts for all. */
export function metricRows(versions: readonly VersionDetail[]): MetricRow[] {
  const objective = versions.find((one) => one.objective)?.objective;
  const meanings = Object.assign({}, ...versions.map((one) => one.meanings).reverse()) as Readonly<Record<string, Meaning>>;
  const keys = new Set(versions.flatMap((one) => one.run_metrics.map((metric) => metric.key)));
  const ordered = [...keys].filter((key) => !key.startsWith("system/")).sort(natural);
  if (objective && keys.has(objective.key)) {
    ordered.splice(ordered.indexOf(objective.key), 1);
    ordered.unshift(objective.key);
  }
  return ordered.map((key) => {
    const said = meanings[key];
    const low = isLow(key, objective, said);
    const values = versions.map((one) => counts(one.run_metrics.find((metric) => metric.key === key), said));
    return { key, note: metricNote(said), low, values, best: bestOf(values, low) };
  });
}

/** The best of some values; null when none is a number, or all are equal. Several may have it. */
export function bestOf(values: readonly (number | null)[], low: boolean): number | null {
  const numbers = values.filter((value): value is number => value !== null && !Number.isNaN(value));
  if (numbers.length < 2) return null;
  const top = low ? Math.min(...numbers) : Math.max(...numbers);
  return numbers.every((value) => value === top) ? null : top;
}

export function textRows(sets: readonly Readonly<Record<string, string>>[]): TextRow[] {
  const keys = [...new Set(sets.flatMap((one) => Object.keys(one)))].sort(natural);
  return keys.map((key) => {
    const values = sets.map((one) => one[key] ?? null);
    return { key, values, differs: new Set(values).size > 1 };
  });
}

/** A schema as texts by name, so that it can be held against another: `in width` → `double`. */
export function signatureTexts(version: VersionDetail): Record<string, string> {
  const signature = version.files?.signature;
  const found: Record<string, string> = {};
  const add = (word: string, columns: readonly SignatureColumn[] | null | undefined) =>
    (columns ?? []).forEach((column, i) => {
      found[`${word} ${column.name || i + 1}`] = column.type + (column.required ? "" : ", optional");
    });
  add("in", signature?.inputs);
  add("out", signature?.outputs);
  add("param", signature?.params);
  return found;
}
