import { lazy, Suspense, useState } from "react";
import type { SortKey, Stat } from "../../lib/columns";
import { Icon } from "../../ui/Icon";
import { type Place, placeOf } from "../../ui/Popover";
import { Tick } from "../../ui/Tick";
import s from "./Grid.module.css";
import { cellId } from "./GridRow";
import type { GridColumn } from "./layout";
import type { CellPaint } from "./view";

const HeadMenu = lazy(() => import("./HeadMenu").then((module) => ({ default: module.HeadMenu })));

export interface HeadActions {
  sortBy: (column: GridColumn, extend: boolean) => void;
  setSort: (keys: SortKey[]) => void;
  setStat: (column: GridColumn, stat: Stat) => void;
  hide: (column: GridColumn) => void;
  /** Let it stay at the left, or no longer. */
  fix: (column: GridColumn) => void;
  fixed: readonly string[];
  paint: (column: GridColumn, how: CellPaint | null) => void;
  selectAll: () => void;
  /** Say what a metric means. */
  define?: ((key: string) => void) | undefined;
}

interface Props {
  width: number;
  pinned: readonly GridColumn[];
  columns: readonly GridColumn[];
  from: number;
  before: number;
  sort: readonly SortKey[];
  /** Its number as a row. */
  row: number;
  activeColumn: number;
  allSelected: boolean;
  actions: HeadActions;
}

export function GridHead({ width, pinned, columns, from, before, sort, row, activeColumn, allSelected, actions }: Props) {
  const [menu, setMenu] = useState<{ column: GridColumn; place: Place } | null>(null);
  const heading = (column: GridColumn, index: number) => (
    <Heading
      key={column.id}
      {...{ row, column, index, sort, allSelected, actions }}
      active={activeColumn === index}
      open={menu?.column.id === column.id}
      onMenu={(element) => setMenu({ column, place: placeOf(element) })}
    />
  );
  return (
    <div role="row" aria-rowindex={1} className={`${s.row} ${s.head}`} style={{ width }}>
      <div role="none" className={s.pins}>
        {pinned.map(heading)}
      </div>
      {before > 0 && <div style={{ flex: "none", width: before }} />}
      {columns.map((column, i) => heading(column, pinned.length + from + i))}
      {menu && (
        <Suspense>
          <HeadMenu column={menu.column} place={menu.place} actions={actions} onClose={() => setMenu(null)} />
        </Suspense>
      )}
    </div>
  );
}

function Heading({ row, column, index, sort, active, open, allSelected, actions, onMenu }: {
  row: number;
  column: GridColumn;
  index: number;
  sort: readonly SortKey[];
  active: boolean;
  open: boolean;
  allSelected: boolean;
  actions: HeadActions;
  onMenu: (element: Element) => void;
}) {
  const at = sort.findIndex((key) => key.id === column.sort);
  const key = sort[at];
  const classes = `${s.cell} ${s.cut} ${s.heading} ${column.numeric ? s.number : ""}`;
  const common = {
    role: "columnheader",
    id: cellId(row, index),
    "aria-colindex": index + 1,
    style: { width: column.width },
    "data-active": active || undefined,
    "data-column": column.id,
  };
  if (column.fixed === "select") {
    return (
      <div {...common} className={`${s.cell} ${s.heading} ${s.select}`} onClick={actions.selectAll}>
        <Tick checked={allSelected} label="Select all that match" />
      </div>
    );
  }
  return (
    <div
      {...common}
      className={classes}
      aria-sort={key ? (key.descending ? "descending" : "ascending") : "none"}
      title={column.note ? `${column.title} (${column.note})` : column.title}
      onClick={(event) => actions.sortBy(column, event.shiftKey)}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(event.currentTarget);
      }}
    >
      <span dir="auto">
        {column.objective && (
          <span className={s.star} aria-hidden="true">
            ★{" "}
          </span>
        )}
        {column.title}
      </span>
      {column.note && <span className={s.stat}>{column.note}</span>}
      {key && (
        <span className={s.arrow} aria-hidden="true">
          {key.descending ? "↓" : "↑"}
          {sort.length > 1 && at + 1}
        </span>
      )}
      <button
        type="button"
        tabIndex={-1}
        className={s.menu}
        aria-label={`Menu of ${column.title}`}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={(event) => {
          event.stopPropagation();
          onMenu(event.currentTarget);
        }}
      >
        <Icon name="more" size={14} />
      </button>
    </div>
  );
}
