/** What a table of runs or a run shows after changes, until it was asked for again. */

import type { RunDetail, RunEdit, RunsTable } from "./schema.gen";

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

/** The same run with another name, other tags. */
export function patchedRun(run: RunDetail, { name, tags = {} }: RunEdit): RunDetail {
  const all: Record<string, string | null> = { ...run.tags, ...tags };
  const kept = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
  return { ...run, info: { ...run.info, run_name: name ?? run.info.run_name }, tags: Object.fromEntries(kept) };
}
