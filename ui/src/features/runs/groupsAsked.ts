import type { TableSpec } from "../../api/runs";
import type { GroupSpec } from "../../api/table";
import { type ColumnSpec, columnId, type SortKey } from "../../lib/columns";

/** The question behind the groups on the screen, and the order that they stand in. */
export function groupsAsked(spec: TableSpec, specs: readonly ColumnSpec[], by: readonly string[], sort: readonly SortKey[]): { asked: GroupSpec; first: SortKey | undefined } {
  const columns = specs.filter((one) => one.kind === "metrics").map(columnId);
  const known = new Set([...columns, ...by, "runs"]);
  const first = sort.find((key) => known.has(key.id));
  const order_by = first ? (first.descending ? "-" : "") + first.id : "";
  return { asked: { experiment_ids: spec.experiment_ids, filter: spec.filter, view: spec.view, by: [...by], columns, order_by }, first };
}
