/** Tags of experiments as the list shows them and narrows by them, and the metric it draws. Pure. */

import type { ExperimentRow } from "../../api/schema.gen";
import { turned } from "../../lib/change";
import { column, columnId, joinList, splitList } from "../../lib/columns";

/** Tags that are written for programs; their names begin so. */
const OF_PROGRAMS = ["mlflow.", "runstone."];

/** The tag that holds the description, in Markdown. */
export const NOTE = "mlflow.note.content";

/** Tags that people gave it, by key. */
export function ownTags({ tags }: Pick<ExperimentRow, "tags">): [key: string, value: string][] {
  return Object.entries(tags)
    .filter(([key]) => !OF_PROGRAMS.some((start) => key.startsWith(start)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The same as `key=value`. */
export function tagsOf(row: Pick<ExperimentRow, "tags">): string[] {
  return ownTags(row).map(([key, value]) => (value ? `${key}=${value}` : key));
}

/** The rows that have every one of these tags. */
export function withTags<Row extends Pick<ExperimentRow, "tags">>(rows: readonly Row[], wanted: readonly string[]): readonly Row[] {
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const own = new Set(tagsOf(row));
    return wanted.every((one) => own.has(one));
  });
}

/** The list in an address with one tag more, or one less where it has it; undefined for none. */
export function turnTag(list: string, tag: string): string | undefined {
  return joinList(turned(splitList(list), tag)) || undefined;
}

/** What to draw of each: the metric that was chosen (`loss`, `loss:min`), else each one's objective. */
export function drawn(rows: readonly Pick<ExperimentRow, "experiment_id" | "runs" | "objective">[], metric: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { experiment_id, runs, objective } of rows) {
    if (runs === 0) continue;
    if (metric) found[experiment_id] = `metrics.${metric}`;
    else if (objective) found[experiment_id] = columnId(column("metrics", objective.key, objective.statistic));
  }
  return found;
}
