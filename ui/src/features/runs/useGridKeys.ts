import type { KeyboardEvent } from "react";
import { STATS } from "../../lib/columns";
import type { GridProps } from "./Grid";
import { cellId } from "./GridRow";
import { isOpened } from "./view";

interface Place {
  row: number;
  column: number;
}

/** Keys of the grid. The head is the row before the pinned ones. `page`: rows in sight, measured when asked, since the browser lays out all for it. */
export function useGridKeys(props: GridProps, active: Place, go: (row: number, column: number) => void, page: () => number) {
  const { rows, pinned, columns, head } = props;
  const lastRow = rows.count - 1;
  const top = -rows.lead - 1;
  const lastColumn = pinned.length + columns.length - 1;
  const columnAt = (i: number) => (i < pinned.length ? pinned[i] : columns[i - pinned.length]);
  const move = (row: number, column = active.column) =>
    go(Math.max(top, Math.min(lastRow, row)), Math.max(0, Math.min(lastColumn, column)));
  const open = () => {
    const data = rows.at(active.row);
    const run = data?.window.table.run_ids[data.index];
    if (run) props.onOpen(run);
  };
  /** Right opens and left closes, or goes to the parent; true: done. */
  const unfold = (right: boolean): boolean => {
    const data = rows.at(active.row);
    if (!props.opened || !data || active.row < 0 || columnAt(active.column)?.fixed !== "name") return false;
    const { run_ids, depth, children } = data.window.table;
    const run = run_ids[data.index] ?? "";
    const open = children[data.index] ? isOpened(props.opened, run) : right;
    if (open !== right) return props.onToggle(run), true;
    if (right || !depth[data.index]) return false;
    const deep = (row: number) => {
      const at = rows.at(row);
      return at?.window.table.depth[at.index] ?? 0;
    };
    let row = active.row - 1;
    while (row > 0 && deep(row) >= deep(active.row)) row -= 1;
    return move(row), true;
  };
  /** The tag in this cell, else the name of the run. */
  const edit = () => {
    const tag = columnAt(active.column)?.spec?.kind === "tags";
    const at = tag ? active.column : pinned.findIndex((column) => column.fixed === "name");
    const column = columnAt(at);
    if (active.row > top && column) props.onEdit(active.row, column, cellId(active.row, at));
  };
  const enter = (shift: boolean) => {
    const column = columnAt(active.column);
    if (active.row > top && column?.spec?.kind === "tags") edit();
    else if (active.row > top) open();
    else if (column?.fixed === "select") head.selectAll();
    else if (column) head.sortBy(column, shift);
  };
  const select = (extend: boolean) => (active.row > top ? props.onSelect(active.row, extend) : head.selectAll());
  const menu = () => {
    if (active.row === top) document.querySelector<HTMLElement>(`#cell-${top}-${active.column} button`)?.click();
  };
  const nextStat = () => {
    const column = columnAt(active.column);
    if (column?.spec?.kind !== "metrics") return menu();
    head.setStat(column, STATS[(STATS.indexOf(column.spec.stat) + 1) % STATS.length] ?? "last");
  };
  return (event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || ((event.ctrlKey || event.metaKey) && !["Home", "End", "a"].includes(event.key))) return;
    const { row, column } = active;
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(row + 1),
      j: () => move(row + 1),
      ArrowUp: () => move(row - 1),
      k: () => move(row - 1),
      ArrowLeft: () => unfold(false) || move(row, column - 1),
      ArrowRight: () => unfold(true) || move(row, column + 1),
      PageDown: () => move(row + page()),
      PageUp: () => move(Math.max(0, row - page())),
      Home: () => move(0),
      End: () => move(lastRow),
      Enter: () => enter(event.shiftKey),
      " ": () => select(event.shiftKey),
      x: () => select(false),
      ContextMenu: menu,
      F2: edit,
      m: nextStat,
    };
    if ((event.ctrlKey || event.metaKey) && event.key === "a") actions["a"] = head.selectAll;
    const sorting = event.key.toLowerCase() === "s" ? columnAt(column) : undefined;
    if (sorting) head.sortBy(sorting, event.shiftKey);
    else if (actions[event.key]) actions[event.key]?.();
    else if (!props.onKey(event.key, row)) return;
    if (event.shiftKey && event.key.startsWith("Arrow") && row >= 0) {
      props.onSelect(Math.max(0, Math.min(lastRow, event.key === "ArrowDown" ? row + 1 : row - 1)), true);
    }
    event.preventDefault();
  };
}
