/** Rows of a table of any length, asked for in windows as they come into sight. */

import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { type RowsSpec, tableQuery, WINDOW } from "../../api/runs";
import type { Best, RunsTable } from "../../api/schema.gen";
import { neededWindows } from "./windows";

export type Cell = number | string | null;

/** One answer with its columns by name. */
export interface RowWindow {
  table: RunsTable;
  columns: ReadonlyMap<string, readonly Cell[]>;
}

export interface RowAt {
  window: RowWindow;
  index: number;
}

export interface Rows {
  total: number;
  matched: number;
  /** Rows of the table: as many as match, unless they are a tree. */
  count: number;
  /** Pinned rows, which stay on top: rows `-lead` to -1. */
  lead: number;
  best: Best | null;
  /** Nothing has come yet. */
  empty: boolean;
  /** What is shown answers an older question. */
  stale: boolean;
  /** The answer has come, and waits for what is drawn with it. */
  waiting: boolean;
  error: Error | null;
  at: (row: number) => RowAt | undefined;
  /** The row of a run among those loaded, or -1. */
  find: (runId: string) => number;
  retry: () => void;
}

const NO_PINS: RowsSpec = { experiment_ids: [], filter: "", order_by: [], view: "all", columns: [] };

type Loaded = ReadonlyMap<number, RowWindow>;

const indexed = new WeakMap<RunsTable, RowWindow>();

export function byColumn(table: RunsTable): RowWindow {
  let window = indexed.get(table);
  if (!window) {
    window = { table, columns: new Map(table.columns.map((one) => [one.column, one.values])) };
    indexed.set(table, window);
  }
  return window;
}

/** Milliseconds that rows which have come wait for what is drawn with them. */
const PATIENCE = 150;

/**
 * Rows `first` to `last` are in sight, and those that `pins` asks for stay on top. With `spec` null nothing is asked yet.
 * `early`: which columns to draw is about to be known; rows before it would soon be drawn again.
 */
export function useRows(spec: RowsSpec | null, first: number, last: number, pins: RowsSpec | null, early: boolean): Rows {
  const top = useQuery({ ...tableQuery(pins ?? NO_PINS, 0), enabled: pins !== null, placeholderData: keepPreviousData }).data;
  const lead = (pins && top?.run_ids.length) || 0;
  const known = useRef<{ spec: RowsSpec; loaded: Loaded } | null>(null);
  const windows = neededWindows(first, last, WINDOW, shown(known.current?.loaded)?.rows);
  const results = useQueries({
    queries: spec ? windows.map((window) => tableQuery(spec, window * WINDOW)) : [],
  });
  const answers = results.map((result) => result.data);
  const loaded = useMemo(() => {
    const map = new Map<number, RowWindow>();
    answers.forEach((table, i) => table && map.set(windows[i] ?? 0, byColumn(table)));
    return map;
    // eslint-disable-next-line -- the answers themselves are what counts
  }, [spec, windows.join(), ...answers]);
  const wait = useWait(early && loaded.size > 0 && known.current !== null && known.current.spec !== spec, spec);
  const answered = loaded.size > 0 && !wait;
  if (spec && answered) known.current = { spec, loaded };
  const drawn = answered ? loaded : (known.current?.loaded ?? loaded);
  const facts = shown(drawn);
  return {
    total: facts?.total ?? 0,
    matched: facts?.matched ?? 0,
    count: facts?.rows ?? 0,
    lead,
    best: facts?.best ?? null,
    empty: !facts,
    stale: !answered && drawn.size > 0 && known.current?.spec !== spec,
    waiting: wait,
    error: results.find((result) => result.error)?.error ?? null,
    at: (row) => {
      if (row < 0) return top && row >= -lead ? { window: byColumn(top), index: row + lead } : undefined;
      const window = drawn.get(Math.floor(row / WINDOW));
      const index = row % WINDOW;
      return window && index < window.table.run_ids.length ? { window, index } : undefined;
    },
    find: (runId) => {
      for (const [number, { table }] of drawn) {
        const index = table.run_ids.indexOf(runId);
        if (index >= 0) return number * WINDOW + index;
      }
      return -1;
    },
    retry: () => results.forEach((result) => result.isError && void result.refetch()),
  };
}

/** Whether there is something to wait for, and it was not waited for too long. */
function useWait(wanted: boolean, spec: RowsSpec | null): boolean {
  const [over, setOver] = useState<RowsSpec | null>(null);
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => setOver(spec), PATIENCE);
    return () => clearTimeout(timer);
  }, [wanted, spec]);
  return wanted && over !== spec;
}

function shown(loaded: Loaded | undefined): RunsTable | undefined {
  return loaded?.values().next().value?.table;
}
