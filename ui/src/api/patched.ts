/** What a table of runs shows after changes that the server has yet to confirm. */

import type { RunEdit, RunsTable } from "./schema.gen";

export interface RunChange {
  id: string;
  edit: RunEdit;
}

/** The same table after the changes, as far as it shows what they touch. */
export function patched(table: RunsTable, changes: readonly RunChange[]): RunsTable {
  const edits = new Map(changes.map(({ id, edit }) => [id, edit]));
  if (!table.run_ids.some((id) => edits.has(id))) return table;
  return {
    ...table,
    names: table.names.map((name, i) => edits.get(table.run_ids[i] ?? "")?.name ?? name),
    columns: table.columns.map((column) => {
      const key = column.column.startsWith("tags.") ? column.column.slice(5) : null;
      if (key === null) return column;
      return {
        ...column,
        values: column.values.map((value, i) => {
          const tag = edits.get(table.run_ids[i] ?? "")?.tags?.[key];
          return tag === undefined ? value : tag;
        }),
      };
    }),
  };
}
