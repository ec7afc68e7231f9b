/** Runs: windows of the table, one run, its console and documents, changes. */

import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { Gather } from "./gather";
import { ask } from "./http";
import type { ConsoleAnswer, DocumentAnswer, RunDetail, RunsEdit, RunsEdited, RunsTable, RunsTableRequest } from "./schema.gen";

/** Rows that one question asks for. */
export const WINDOW = 200;

type Nesting = "nested" | "opened";
export type TableSpec = Required<Omit<RunsTableRequest, "offset" | "limit" | Nesting>>;
/** A table, or a tree of nested runs. */
export type RowsSpec = TableSpec & Pick<RunsTableRequest, Nesting>;

export const tableQuery = (spec: RowsSpec, offset: number, limit = WINDOW) =>
  queryOptions({
    queryKey: ["table", spec, offset, limit],
    queryFn: ({ signal }) => ask<RunsTable>("runs/table", { method: "POST", body: { ...spec, offset, limit }, signal }),
  });

/** Rows that one answer of the server holds at most, and all that charts ask for. */
const PAGE = 2_000;
export const MOST_ROWS = 10_000;

/** Columns of one question about all rows. */
const MOST_COLUMNS = 24;
const rows = new Gather<RunsTable[]>();

/** Every row of a table, one window after another, up to `MOST_ROWS`. Charts that ask at the same moment ask for their columns together. */
export const rowsQuery = (spec: TableSpec) =>
  queryOptions({
    queryKey: ["rows", spec],
    queryFn: async ({ signal: leave }): Promise<RunsTable[]> => {
      const alike = JSON.stringify({ ...spec, columns: [] });
      const send = (columns: string[], signal: AbortSignal) => allRows({ ...spec, columns }, signal);
      const answers = await Promise.all(spec.columns.map((column) => rows.ask(alike, column, MOST_COLUMNS, send, leave)));
      // Columns that came in two questions may be of different moments; then they are asked for again, together.
      return new Set(answers).size <= 1 ? (answers[0] ?? []) : allRows(spec, leave);
    },
    placeholderData: keepPreviousData,
  });

async function allRows(spec: TableSpec, signal: AbortSignal): Promise<RunsTable[]> {
  const pages: RunsTable[] = [];
  for (let offset = 0; offset < MOST_ROWS; offset += PAGE) {
    const page = await ask<RunsTable>("runs/table", { method: "POST", body: { ...spec, offset, limit: PAGE }, signal });
    pages.push(page);
    if (offset + PAGE >= page.matched) break;
  }
  return pages;
}

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => ask<RunDetail>(`runs/${encodeURIComponent(id)}`, { signal }),
  });

export const documentQuery = (id: string, name: string) =>
  queryOptions({
    queryKey: ["document", id, name],
    queryFn: ({ signal }) =>
      ask<DocumentAnswer>(`runs/${encodeURIComponent(id)}/documents/${encodeURIComponent(name)}`, { signal }),
  });

const PIECES = 5_000;

export const consoleQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["console", id],
    initialPageParam: -1,
    queryFn: ({ pageParam, signal }) =>
      ask<ConsoleAnswer>(`runs/${encodeURIComponent(id)}/console`, { query: { after: pageParam, limit: PIECES }, signal }),
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Several runs to the trash or back, all or none. */
export function useTrashRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, deleted }: { ids: readonly string[]; deleted: boolean }) =>
      ask<RunsEdited>("runs/edit", { method: "POST", body: { run_ids: [...ids], deleted } satisfies RunsEdit }),
    onSettled: () => {
      for (const kind of ["table", "grouped", "run", "experiments", "trash"]) void client.invalidateQueries({ queryKey: [kind] });
    },
  });
}
