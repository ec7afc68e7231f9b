/** What a runs table shows, as its address says it; and what it shows when the address says nothing. */

import type { Key, Objective } from "../../api/schema.gen";
import type { Change } from "../../lib/change";
import type { PanelSearch } from "./panels";
import { type ColumnSpec, column, columnId, joinList, joinSort, parseColumn, parseSort, type SortKey, splitList } from "../../lib/columns";

/** The query of the page's address. */
export interface RunsSearch extends PanelSearch {
  q?: string | undefined;
  sort?: string | undefined;
  cols?: string | undefined;
  view?: string | undefined;
  sel?: string | undefined;
  group?: string | undefined;
  hide?: string | undefined;
  tree?: string | undefined;
  open?: string | undefined;
  pin?: string | undefined;
  fix?: string | undefined;
  cells?: string | undefined;
  /** The saved view that this is, or was before it was changed. */
  v?: string | undefined;
}

/** Changes the address; without `replace` what is worth it becomes a place to come back to. */
export type OnSearch = (change: Change<RunsSearch>, replace?: boolean) => void;

export interface RunsView {
  filter: string;
  sort: SortKey[];
  /** null: the default columns. */
  columns: ColumnSpec[] | null;
  trash: boolean;
  selected: string[];
  /** Columns to group by; empty: all params but seeds; null: no groups. */
  group: string[] | null;
  /** Runs taken out of sight one by one. */
  hidden: string[];
  /** Nested runs under their parents. */
  tree: boolean;
  /** Runs whose children are shown; after {@link ALL} those whose are not. */
  opened: string[];
  /** Runs that stay on top. */
  pins: string[];
  /** Ids of columns that stay at the left. */
  fixed: string[];
  /** How cells of columns are drawn, by column id. */
  cells: Readonly<Record<string, CellPaint>>;
}

/** A cell's number beside its curve, over a bar, or on a ground that tells how good it is. */
export type CellPaint = "spark" | "bar" | "heat";
export const PAINTS: readonly CellPaint[] = ["spark", "bar", "heat"];

export function readView(search: RunsSearch): RunsView {
  const columns = search.cols === undefined ? null : splitList(search.cols).map(looseColumn);
  return {
    filter: search.q ?? "",
    sort: parseSort(search.sort ?? ""),
    columns,
    trash: search.view === "deleted",
    selected: splitList(search.sel ?? ""),
    group: search.group ? (search.group === "auto" ? [] : splitList(search.group)) : null,
    hidden: readIds(search.hide),
    tree: search.tree === "1",
    opened: splitList(search.open ?? "").filter((id) => id === ALL || isId(id)),
    pins: readIds(search.pin).slice(0, MOST_PINS),
    fixed: splitList(search.fix ?? ""),
    cells: readCells(search.cells),
  };
}

/** Runs that stay on top at most: they take their room from the others. */
export const MOST_PINS = 8;
/** Stands for every run among those that are opened. */
export const ALL = "*";

export const isOpened = (opened: readonly string[], run: string): boolean => opened.includes(ALL) !== opened.includes(run);

/** Opened runs at most, so that an address stays one. */
export const MOST_OPENED = 60;

const readIds = (text: string | undefined): string[] => splitList(text ?? "").filter(isId);

/** `spark:metrics.loss,bar:metrics.acc:max` */
function readCells(text: string | undefined): Record<string, CellPaint> {
  const cells: Record<string, CellPaint> = {};
  for (const item of splitList(text ?? "")) {
    const paint = PAINTS.find((one) => item.startsWith(`${one}:`));
    if (paint) cells[item.slice(paint.length + 1)] = paint;
  }
  return cells;
}

/** `m3` alone means the metric. */
function looseColumn(text: string): ColumnSpec {
  return parseColumn(text) ?? parseColumn(`metrics.${text}`) ?? column("metrics", text);
}

/** More selected runs than this stay out of the address. */
const MOST_SELECTED = 60;

export function writeView(change: Partial<RunsView>): RunsSearch {
  const search: RunsSearch = {};
  if ("filter" in change) search.q = change.filter || undefined;
  if (change.sort) search.sort = joinSort(change.sort) || undefined;
  if ("columns" in change) search.cols = change.columns ? joinList(change.columns.map(columnId)) || "-" : undefined;
  if ("trash" in change) search.view = change.trash ? "deleted" : undefined;
  if ("group" in change) search.group = change.group ? joinList(change.group) || "auto" : undefined;
  if (change.selected) search.sel = (change.selected.length <= MOST_SELECTED && joinList(change.selected)) || undefined;
  if (change.hidden) search.hide = joinList(change.hidden) || undefined;
  if ("tree" in change) search.tree = change.tree ? "1" : undefined;
  if (change.opened) search.open = joinList([...change.opened.filter((id) => id === ALL), ...change.opened.filter((id) => id !== ALL).slice(-MOST_OPENED)]) || undefined;
  if (change.pins) search.pin = joinList(change.pins) || undefined;
  if (change.fixed) search.fix = joinList(change.fixed) || undefined;
  if (change.cells) search.cells = joinList(Object.entries(change.cells).map(([id, paint]) => `${paint}:${id}`)) || undefined;
  return search;
}

/** What is said of a column by its id goes on for its new id. */
export function renamedColumn({ fixed, cells }: RunsView, old: string, id: string): Partial<RunsView> {
  const change: Partial<RunsView> = {};
  if (fixed.includes(old)) change.fixed = fixed.map((one) => (one === old ? id : one));
  if (cells[old]) change.cells = Object.fromEntries(Object.entries(cells).map(([one, paint]) => [one === old ? id : one, paint]));
  return change;
}

const isId = (text: string): boolean => /^[\w-]+$/.test(text);

/** A filter that holds for these runs alone. */
export function onlyRuns(ids: readonly string[], word = "IN"): string {
  return `attributes.run_id ${word} (${ids.filter(isId).map((id) => `'${id}'`).join(", ")})`;
}

/** A filter that also leaves out what is hidden. Where something is, places in it stand one further on. */
export function withoutRuns(filter: string, hidden: readonly string[]): string {
  if (hidden.length === 0) return filter;
  const others = onlyRuns(hidden, "NOT IN");
  return filter.trim() ? `(${filter}) AND ${others}` : others;
}

/** Columns of a first look, and how many of them may be params. */
const FIRST_COLUMNS = 12;
const FIRST_PARAMS = 6;

/** The params that differ, then the objective, then the other metrics. */
export function defaultColumns(params: readonly Key[], metrics: readonly Key[], objective: Objective | null): ColumnSpec[] {
  const alone = areAlone(params);
  const differing = params.filter((key) => alone || key.distinct > 1);
  const others = metrics.filter((key) => key.key !== objective?.key && !key.key.startsWith("system/"));
  const few = others.length + (objective ? 1 : 0);
  const room = Math.max(FIRST_PARAMS, FIRST_COLUMNS - few);
  const chosen = differing.slice(0, room).map((key) => column("params", key.key));
  if (objective) chosen.push(column("metrics", objective.key, objective.statistic));
  for (const key of others.slice(0, Math.max(0, FIRST_COLUMNS - chosen.length))) chosen.push(column("metrics", key.key));
  return chosen;
}

/** Where there is but one run, no param can differ, and all are worth a look. */
function areAlone(params: readonly Key[]): boolean {
  return params.every((key) => key.runs <= 1);
}

/** Params that every run has with one and the same value. */
export function equalParams(params: readonly Key[]): string[] {
  return areAlone(params) ? [] : params.filter((key) => key.distinct === 1).map((key) => key.key);
}
