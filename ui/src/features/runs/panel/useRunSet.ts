/** The runs that the charts are about: those of the table, by its filter. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type TableSpec, tableQuery } from "../../../api/runs";
import type { RunsTable } from "../../../api/schema.gen";
import type { Look } from "../../../charts/lines";
import { COLOUR_TAG, runColour, runDash } from "../../../lib/palette";

/** Runs that charts draw one by one at most, the newest first. */
export const MOST_RUNS = 2000;

export interface RunLook extends Look {
  start: number | null;
}

export interface RunSet {
  ids: readonly string[];
  looks: ReadonlyMap<string, RunLook>;
  matched: number;
  error: Error | null;
}

export type RunFilter = Pick<TableSpec, "experiment_ids" | "filter" | "view">;

const NOBODY: RunSet = { ids: [], looks: new Map(), matched: 0, error: null };

/** What is asked for them. */
export const setQuery = ({ experiment_ids, filter, view }: RunFilter, limit = MOST_RUNS) =>
  tableQuery({ experiment_ids, filter, view, order_by: [], columns: [`tags.${COLOUR_TAG}`] }, 0, limit);

const EVERYBODY: RunFilter = { experiment_ids: [], filter: "", view: "active" };

export function useRunSet(filter: RunFilter | null, limit = MOST_RUNS): RunSet {
  const { data, error } = useQuery({ ...setQuery(filter ?? EVERYBODY, limit), enabled: filter !== null, placeholderData: keepPreviousData });
  return useMemo(() => (data ? setOf(data) : { ...NOBODY, error }), [data, error]);
}

function setOf(table: RunsTable): RunSet {
  const looks = new Map(table.run_ids.map((id, i) => [id, lookAt(table, i)]));
  return { ids: table.run_ids, looks, matched: table.matched, error: null };
}

function lookAt(table: RunsTable, i: number): RunLook {
  const ordinal = table.ordinal[i] ?? 0;
  return { label: table.names[i] || (table.run_ids[i] ?? "").slice(0, 8), colour: runColour(ordinal, table.experiments[i] ?? "", table.columns[0]?.values[i]), dash: runDash(ordinal), start: table.start[i] ?? null };
}

/** The same for a few runs by name, wherever they are in the order. */
export function useLooks(ids: readonly string[], set: RunSet, filter: RunFilter | null): ReadonlyMap<string, RunLook> {
  const missing = ids.filter((id) => !set.looks.has(id) && /^[\w-]+$/.test(id));
  const other = useRunSet(filter && missing.length ? { ...filter, filter: `run_id IN (${missing.map((id) => `'${id}'`).join(", ")})` } : null, Math.max(1, missing.length));
  return missing.length ? new Map([...set.looks, ...other.looks]) : set.looks;
}
