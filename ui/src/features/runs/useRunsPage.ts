/** What the runs page knows and can do: its view from the address, its rows from the server, its selection. */

import { replaceEqualDeep, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { experimentQuery, experimentsQuery } from "../../api/experiments";
import { ApiError } from "../../api/http";
import { keysQuery } from "../../api/keys";
import { type TableSpec, tableQuery, useTrashRuns, WINDOW } from "../../api/runs";
import { equalQuery } from "../../api/table";
import { type Change, partOf, turned } from "../../lib/change";
import { column, columnId, type ColumnSpec, nextSort, orderTerm, withStat, type SortKey, type Stat } from "../../lib/columns";
import { plural } from "../../lib/format";
import { useNarrow } from "../../ui/useNarrow";
import { say } from "../../ui/Toasts";
import { CAUSE, COLOUR } from "./GridRow";
import { flowingColumns, type GridColumn, type Meanings, pinnedColumns } from "./layout";
import type { RunsPageProps } from "./RunsPage";
import { type RowWindow, useRows } from "./useRows";
import { type CellPaint, defaultColumns, equalParams, onlyRuns, readView, renamedColumn, type RunsSearch, type RunsView, withoutRuns, writeView } from "./view";
import { windowEdge } from "./windows";

/** "Select all" reaches this many runs. */
const MOST = 2000;

export function useRunsPage({ experiments, search, onSearch }: RunsPageProps) {
  const narrow = useNarrow();
  const view = useView(search);
  const facts = useFacts(experiments);
  const [range, setRangeState] = useState({ first: 0, last: 40 });
  const setRange = useCallback((first: number, last: number) => {
    const next = { first: windowEdge(first, WINDOW), last: windowEdge(last, WINDOW) };
    setRangeState((now) => replaceEqualDeep(now, next));
  }, []);
  const change = (part: Change<RunsView>) => onSearch((now) => writeView(partOf(part, readView(now))));

  const specs = useMemo(
    () => view.columns ?? defaultColumns(facts.params, facts.metrics, facts.objective),
    [view.columns, facts.params, facts.metrics, facts.objective],
  );
  const spec = useMemo<TableSpec | null>(
    () =>
      facts.ready || view.columns
        ? {
            experiment_ids: [...experiments],
            filter: withoutRuns(view.filter, view.hidden),
            order_by: view.sort.filter((key) => key.id !== "runs").map(orderTerm), // groups alone have a number of runs
            view: view.trash ? "deleted" : "active",
            columns: [...specs.map(columnId), CAUSE, COLOUR],
          }
        : null,
    [experiments, facts.ready, view.filter, view.hidden, view.sort, view.trash, view.columns, specs],
  );
  const shown = useMemo(() => (spec && view.tree ? { ...spec, nested: true, opened: view.opened } : spec), [spec, view.tree, view.opened]);
  const pins = useMemo(
    () => (spec && view.pins.length > 0 ? { ...spec, filter: onlyRuns(view.pins), view: "all" as const } : null),
    [spec, view.pins],
  );
  // Of all active runs the keys tell what is equal; under a filter the server looks.
  const narrowed = spec !== null && (spec.filter !== "" || view.trash);
  // Its answer alone draws nothing while the rows are on their way: a page drawn for it would hold them up.
  const coming = useRef(false);
  const alike = useQuery({ ...equalQuery(spec ?? NOTHING), enabled: narrowed, notifyOnChangeProps: () => (coming.current ? [] : "all") });
  const rows = useRows(shown, range.first, range.last, pins, narrowed && (alike.isPending || alike.isPlaceholderData));
  coming.current = rows.stale && !rows.waiting;
  // Widths come from the first rows, and stay when these are scrolled away.
  const firstRows = useRef<RowWindow | undefined>(undefined);
  firstRows.current = rows.at(0)?.window ?? firstRows.current;
  const sampleOf = firstRows.current;
  const causes = sampleOf?.columns.get(CAUSE)?.some((cause) => cause !== null) ?? false;
  const nested = sampleOf?.table.parents.some(Boolean) ?? false;
  const several = experiments.length !== 1;
  const painted = Object.keys(view.cells).length > 0 ? spec : null;
  const all = useMemo(
    () =>
      flowingColumns(specs, { narrow, experiments: several, objective: facts.objective, meanings: facts.meanings }, (id) => sampleOf?.columns.get(id)).map((column) => {
        const how = view.cells[column.id];
        if (!how || !painted || column.spec?.kind !== "metrics") return column;
        const width = column.width + (how === "spark" ? 72 : 0);
        return { ...column, width, looks: { how, spec: { ...painted, columns: [], order_by: [] }, lower: !column.descendingFirst } };
      }),
    [specs, narrow, several, facts.objective, facts.meanings, sampleOf, view.cells, painted],
  );
  const alikeNow = useMemo(
    () => (narrowed && !alike.isPending ? (alike.data?.params ?? []).map((one) => one.key) : equalParams(facts.params)),
    [narrowed, alike.data, alike.isPending, facts.params],
  );
  // What is folded away changes with the rows, not under those of an older question.
  const lastAlike = useRef(alikeNow);
  const equal = rows.stale ? lastAlike.current : (lastAlike.current = alikeNow);
  const folded = useMemo(() => new Set(view.columns ? [] : equal.map((key) => `params.${key}`)), [view.columns, equal]);
  const longest = useMemo(() => Math.max(0, ...(sampleOf?.table.names ?? []).map((name) => name.length)), [sampleOf]);
  const [pinned, columns] = useMemo(() => {
    const seen = all.filter((column) => !folded.has(column.id));
    const stays = (column: GridColumn) => !narrow && view.fixed.includes(column.id);
    return [[...pinnedColumns(narrow, causes, view.tree, longest), ...seen.filter(stays)], seen.filter((column) => !stays(column))];
  }, [narrow, causes, view.tree, view.fixed, all, folded, longest]);
  const selection = useSelection(view, spec, rows, change);
  /** From those that are shown, or null for those that show by themselves. */
  const setColumns = (next: ((now: readonly ColumnSpec[]) => ColumnSpec[]) | null) => change((now) => ({ columns: next && next(now.columns ?? specs) }));
  const head = {
    sortBy: (column: GridColumn, extend: boolean) => {
      const { sort, descendingFirst } = column;
      if (sort) change((now) => ({ sort: nextSort(now.sort, sort, extend, descendingFirst) }));
    },
    setSort: (sort: SortKey[]) => change({ sort }),
    setStat: (column: GridColumn, stat: Stat) =>
      change((now) => ({
        columns: (now.columns ?? specs).map((one) => (columnId(one) === column.id ? { ...one, stat } : one)),
        ...(column.spec && renamedColumn(now, column.id, columnId({ ...column.spec, stat }))),
        ...(column.spec && now.sort.length > 0 ? { sort: withStat(now.sort, column.spec, stat) } : {}),
      })),
    hide: (column: GridColumn) => setColumns((now) => now.filter((one) => columnId(one) !== column.id)),
    fix: (column: GridColumn) => change((now) => ({ fixed: turned(now.fixed, column.id) })),
    fixed: view.fixed,
    paint: (column: GridColumn, how: CellPaint | null) =>
      change((now) => {
        const { [column.id]: _, ...cells } = now.cells;
        return { cells: how ? { ...cells, [column.id]: how } : cells };
      }),
    selectAll: selection.all,
  };
  const toggle = (runId: string) => change((now) => ({ opened: turned(now.opened, runId) }));
  return {
    ...selection,
    ...facts,
    view,
    rows,
    spec,
    shown,
    specs,
    pinned,
    columns,
    narrow,
    nested,
    head,
    toggle,
    /** Show a param as a column, also where it was folded away. */
    show: (key: string) => setColumns((now) => [...now.filter((one) => !folded.has(columnId(one)) && columnId(one) !== `params.${key}`), column("params", key)]),
    change,
    setColumns,
    setRange,
    equal,
  };
}

/** What the address says. Parts that it says as before are the same objects, so that what hangs on them alone stays as it is. */
function useView(search: RunsSearch): RunsView {
  const kept = useRef<RunsView | null>(null);
  return useMemo(() => (kept.current = replaceEqualDeep(kept.current, readView(search))), [search]);
}

/** Name, objective and keys of the experiments. */
function useFacts(experiments: readonly string[]) {
  const one = experiments.length === 1 ? experiments[0] : undefined;
  const single = useQuery({ ...experimentQuery(one ?? ""), enabled: one !== undefined });
  const list = useQuery({ ...experimentsQuery("all"), enabled: one === undefined });
  const params = useQuery(keysQuery("params", experiments));
  const metrics = useQuery(keysQuery("metrics", experiments));
  const chosen = (list.data ?? []).filter((row) => experiments.includes(row.experiment_id));
  const objective = single.data?.objective ?? chosen.find((row) => row.objective)?.objective ?? null;
  const rows = single.data ? [single.data] : chosen;
  const meanings = useMemo((): Meanings => Object.assign({}, ...rows.map((row) => row.metrics).reverse()), [single.data, list.data]);
  const names = list.data;
  const experimentName = useCallback((id: string) => names?.find((row) => row.experiment_id === id)?.name ?? id, [names]);
  return {
    experiment: single.data ?? null,
    missing: single.error instanceof ApiError && single.error.status === 404,
    name: one ? (single.data?.name ?? `Experiment ${one}`) : chosen.map((row) => row.name).join(", ") || "All runs",
    objective,
    meanings,
    params: params.data ?? NONE,
    metrics: metrics.data ?? NONE,
    ready: (params.isSuccess || params.isError) && (metrics.isSuccess || metrics.isError) && (single.isFetched || one === undefined),
    experimentName,
  };
}

const NONE: never[] = [];
const NOTHING = { experiment_ids: NONE, filter: "", view: "active" as const };

function useSelection(
  view: RunsView,
  spec: TableSpec | null,
  rows: ReturnType<typeof useRows>,
  change: (part: Partial<RunsView>) => void,
) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const trash = useTrashRuns();
  const anchor = useRef(0);
  // A selection too long for an address is kept here alone.
  const [long, setLong] = useState<readonly string[]>([]);
  const ids = long.length ? long : view.selected;
  const selected = useMemo(() => new Set(ids), [ids]);
  const put = (next: readonly string[]) => {
    const written = writeView({ selected: [...next] }).sel !== undefined || next.length === 0;
    setLong(written ? [] : next);
    change({ selected: [...next] });
  };
  const idAt = (row: number) => {
    const data = rows.at(row);
    return data?.window.table.run_ids[data.index];
  };
  const select = (row: number, extend: boolean) => {
    const next = new Set(ids);
    if (extend) {
      const [from, to] = row < anchor.current ? [row, anchor.current] : [anchor.current, row];
      for (let i = from; i <= to; i += 1) {
        const id = idAt(i);
        if (id) next.add(id);
      }
    } else {
      const id = idAt(row);
      if (!id) return;
      if (!next.delete(id)) next.add(id);
      anchor.current = row;
    }
    put([...next]);
  };
  const all = () => {
    if (!spec || selected.size >= rows.matched) return put([]);
    void client.fetchQuery(tableQuery({ ...spec, columns: [] }, 0, MOST)).then((table) => {
      put(table.run_ids);
      if (table.matched > MOST) say(`Selected the first ${plural(MOST, "run")} of ${plural(table.matched, "run")}`);
    });
  };
  const clear = () => put([]);
  const compare = () => {
    if (ids.length >= 2) void navigate({ to: "/compare", search: { runs: ids.slice(0, 100).join(",") } });
  };
  const move = () => {
    if (!ids.length) return;
    const moved = [...ids];
    const deleted = !view.trash;
    trash.mutate(
      { ids: moved, deleted },
      {
        onError: (error) => say(error.message, { tone: "error" }),
        onSuccess: ({ before }) => {
          put([]);
          const ids = before.map((one) => one.run_id);
          say(deleted ? `Moved ${plural(ids.length, "run")} to the trash` : `Restored ${plural(ids.length, "run")}`, {
            undo: () => ids.length > 0 && trash.mutate({ ids, deleted: !deleted }),
          });
        },
      },
    );
  };
  const key = (pressed: string): boolean => {
    const actions: Record<string, () => void> = { c: compare, Delete: move, Backspace: move, Escape: clear };
    const action = actions[pressed];
    if (!action || (pressed !== "Escape" && ids.length === 0)) return false;
    action();
    return true;
  };
  const open = (runId: string) => void navigate({ to: "/runs/$runId", params: { runId } });
  return { selected, idAt, put, select, all, clear, compare, move, key, open, busy: trash.isPending };
}
