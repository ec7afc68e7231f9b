/** The table as a file: these columns, this order, this filter, every run; or every group where runs are grouped. */

import { useState } from "react";
import type { TableSpec } from "../../api/runs";
import type { TableFileRequest } from "../../api/schema.gen";
import { saveTable } from "../../api/table";
import type { ColumnSpec, SortKey } from "../../lib/columns";
import { plural } from "../../lib/format";
import { MenuItem } from "../../ui/Popover";
import { say } from "../../ui/Toasts";
import { groupsAsked } from "./groupsAsked";
import type { GridColumn } from "./layout";

const FORMATS: readonly (readonly [TableFileRequest["format"], string])[] = [
  ["csv", "CSV"],
  ["json", "JSON"],
  ["parquet", "Parquet"],
  ["latex", "LaTeX"],
  ["markdown", "Markdown"],
];

const FIXED: Readonly<Record<string, readonly string[]>> = {
  name: ["attributes.run_id", "attributes.run_name"],
  status: ["attributes.status"],
  experiment: ["attributes.experiment_id"],
  started: ["attributes.start_time"],
  took: ["attributes.duration"],
};

/** Columns of the file for those of the grid, in their order; ids beside names. */
export function fileColumns(columns: readonly GridColumn[]): string[] {
  return columns.flatMap((column) => (column.fixed ? (FIXED[column.fixed] ?? []) : [column.id]));
}

interface Props {
  spec: TableSpec;
  columns: readonly GridColumn[];
  specs: readonly ColumnSpec[];
  /** What runs are grouped by; null: runs are shown. */
  by: readonly string[] | null;
  sort: readonly SortKey[];
  matched: number;
  name: string;
  onClose: () => void;
}

export function ExportMenu({ spec, specs, by, sort, columns, matched, name, onClose }: Props) {
  const groups = by && groupsAsked(spec, specs, by, sort).asked;
  const [busy, setBusy] = useState(false);
  const save = (format: TableFileRequest["format"]) => {
    if (busy) return;
    setBusy(true);
    saveTable({
      format,
      columns: fileColumns(columns),
      experiment_ids: spec.experiment_ids,
      filter: spec.filter,
      order_by: spec.order_by,
      view: spec.view,
      name: name.slice(0, 80),
      groups,
    })
      .catch((error: Error) => say(error.message, { tone: "error" }))
      .finally(onClose);
  };
  return (
    <>
      {FORMATS.map(([format, word]) => (
        <MenuItem key={format} onChoose={() => save(format)}>
          {word} <small>{busy ? "…" : groups ? "all groups" : plural(matched, "run")}</small>
        </MenuItem>
      ))}
    </>
  );
}
