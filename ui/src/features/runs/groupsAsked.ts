import type { TableSpec } from "../../api/runs";
import type { GroupSpec } from "../../api/table";
import { type ColumnSpec, columnId, type SortKey } from "../../lib/columns";

interface Asked {
  asked: GroupSpec;
  /** The order that the groups stand in. */
  first: SortKey | undefined;
  /** Every column of the table, asked for or not. */
  all: string[];
}

/** The question behind the groups on the screen: about the first `most` columns, those that order them, and `goal`. */
export function groupsAsked(spec: TableSpec, specs: readonly ColumnSpec[], by: readonly string[], sort: readonly SortKey[], most = Number.POSITIVE_INFINITY, goal = ""): Asked {
  const all = specs.filter((one) => one.kind === "metrics").map(columnId);
  const known = new Set([...all, ...by, "runs"]);
  const first = sort.find((key) => known.has(key.id));
  const columns = all.filter((id, i) => i < most || id === first?.id || id === goal);
  const order_by = first ? (first.descending ? "-" : "") + first.id : "";
  return { asked: { experiment_ids: spec.experiment_ids, filter: spec.filter, view: spec.view, by: [...by], columns, order_by }, first, all };
}
