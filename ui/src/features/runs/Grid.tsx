/** The runs grid: an ARIA grid with one Tab stop, rows and columns drawn only where they are seen. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import type { SortKey } from "../../lib/columns";
import s from "./Grid.module.css";
import { GridHead, type HeadActions } from "./GridHead";
import { cellId, cellTitle, GridRow } from "./GridRow";
import type { GridColumn } from "./layout";
import { useSlots } from "./slots";
import { useGridKeys } from "./useGridKeys";
import type { Rows } from "./useRows";
import { isOpened } from "./view";

const HEAD = 34;
const OVERSCAN = 8;
/** Milliseconds without a turn of the wheel after which rows no longer roll. */
const RESTED = 500;

export interface GridProps {
  label: string;
  rows: Rows;
  pinned: readonly GridColumn[];
  columns: readonly GridColumn[];
  sort: readonly SortKey[];
  selected: ReadonlySet<string>;
  rowHeight: number;
  onRange: (first: number, last: number) => void;
  onSelect: (row: number, extend: boolean) => void;
  onOpen: (runId: string) => void;
  /** Write into a cell, whose element has this id. */
  onEdit: (row: number, column: GridColumn, cell: string) => void;
  /** Runs whose children are shown; null where the table is no tree. */
  opened: readonly string[] | null;
  onToggle: (runId: string) => void;
  onUnpin: (runId: string) => void;
  onKey: (key: string, row: number) => boolean;
  jump: { row: number } | null;
  head: HeadActions;
  experimentName: (id: string) => string;
}

export function Grid(props: GridProps) {
  const { rows, pinned, columns, rowHeight } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState({ row: 0, column: 1 });
  const pinnedWidth = pinned.reduce((sum, column) => sum + column.width, 0);
  // First: it reads where the grid is scrolled to before the other draws rows, after which the browser would lay out all anew.
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => columns[i]?.width ?? 100,
    getItemKey: (i) => columns[i]?.id ?? i,
    overscan: 3,
    scrollPaddingEnd: pinnedWidth,
  });
  const down = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    isScrollingResetDelay: RESTED,
    scrollPaddingEnd: HEAD + rows.lead * rowHeight,
  });
  useEffect(() => across.measure(), [across, columns]);
  useEffect(() => down.measure(), [down, rowHeight]);
  const items = down.getVirtualItems();
  const slots = useSlots(items.map((item) => item.index), down.isScrolling);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const { onRange, jump } = props;
  useEffect(() => onRange(first, last), [onRange, first, last]);
  const shown = across.getVirtualItems();
  const from = shown[0]?.index ?? 0;
  const before = shown[0]?.start ?? 0;
  const drawn = useMemo(() => columns.slice(from, from + shown.length), [columns, from, shown.length]);
  const width = pinnedWidth + across.getTotalSize();
  const go = (row: number, column: number) => {
    setActive({ row, column });
    if (row >= 0) down.scrollToIndex(row);
    if (column >= pinned.length) across.scrollToIndex(column - pinned.length);
  };
  useEffect(() => {
    if (!jump) return;
    setActive((old) => ({ ...old, row: jump.row }));
    down.scrollToIndex(jump.row, { align: "center" });
    scroller.current?.focus({ preventScroll: true });
  }, [down, jump]);
  const keys = useGridKeys(props, active, go, () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2));
  const click = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const row = Number(target.closest<HTMLElement>("[data-row]")?.dataset["row"] ?? Number.NaN);
    const cell = target.closest<HTMLElement>("[role=gridcell],[role=rowheader]");
    if (Number.isNaN(row) || !cell) return;
    const run = target.closest<HTMLElement>("[data-toggle]")?.dataset["toggle"];
    if (run) props.onToggle(run);
    const pin = target.closest<HTMLElement>("[data-unpin]")?.dataset["unpin"];
    if (pin) props.onUnpin(pin);
    setActive({ row, column: Number(cell.getAttribute("aria-colindex")) - 1 });
    if (cell.dataset["column"] === "select" || ((event.ctrlKey || event.metaKey || event.shiftKey) && !target.closest("a"))) {
      props.onSelect(row, event.shiftKey);
    }
  };
  const point = (event: MouseEvent) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[role=gridcell],[role=rowheader]");
    const row = Number(cell?.closest<HTMLElement>("[data-row]")?.dataset["row"]);
    const column = [...pinned, ...columns].find((one) => one.id === cell?.dataset["column"]);
    if (!cell || !column || cell.dataset["active"]) return; // an active one says it at all times
    const words = event.type === "mouseover" && cellTitle(column, rows.at(row));
    if (words) cell.title = words;
    else cell.removeAttribute("title");
  };
  const drawRow = (row: number, top: number, key: number) => {
    const data = rows.at(row);
    const run = data?.window.table.run_ids[data.index];
    return (
      <GridRow
        key={key}
        {...{ row, top, width, pinned, from, before }}
        lead={rows.lead}
        columns={drawn}
        window={data?.window}
        index={data?.index ?? 0}
        opened={props.opened && run !== undefined ? isOpened(props.opened, run) : null}
        selected={run !== undefined && props.selected.has(run)}
        best={rows.best}
        activeColumn={active.row === row ? active.column : -1}
        experimentName={props.experimentName}
      />
    );
  };
  return (
    <div
      ref={scroller}
      role={props.opened ? "treegrid" : "grid"}
      aria-label={props.label}
      aria-rowcount={rows.count + rows.lead + 1}
      aria-colcount={pinned.length + columns.length}
      aria-multiselectable="true"
      aria-busy={rows.stale && !rows.error}
      aria-activedescendant={cellId(active.row, active.column)}
      tabIndex={0}
      className={`${s.grid} ${rows.stale && !rows.error ? s.stale : ""}`}
      style={{ ["--row" as string]: `${rowHeight}px` }}
      data-testid="runs-grid"
      onKeyDown={keys}
      onClick={click}
      onMouseOver={point}
      onMouseOut={point}
      onDoubleClick={(event) => {
        const target = event.target as HTMLElement;
        const run = target.closest<HTMLElement>("[data-run]")?.dataset["run"];
        const cell = target.closest<HTMLElement>("[role=gridcell]");
        const column = columns.find((one) => one.spec?.kind === "tags" && one.id === cell?.dataset["column"]);
        if (run && cell && column) props.onEdit(active.row, column, cell.id);
        else if (run) props.onOpen(run);
      }}
    >
      <GridHead
        {...{ width, pinned, from, before }}
        columns={drawn}
        sort={props.sort}
        row={-rows.lead - 1}
        activeColumn={active.row === -rows.lead - 1 ? active.column : -1}
        allSelected={rows.matched > 0 && props.selected.size >= rows.matched}
        actions={props.head}
      />
      {rows.lead > 0 && (
        <div role="rowgroup" className={s.band} style={{ height: rows.lead * rowHeight, width }}>
          {Array.from({ length: rows.lead }, (_, i) => drawRow(i - rows.lead, i * rowHeight, i))}
        </div>
      )}
      <div role="rowgroup" style={{ height: down.getTotalSize(), width, minWidth: "100%", position: "relative" }}>
        {slots.map(({ key, row }) => drawRow(row, row * rowHeight, key))}
      </div>
    </div>
  );
}
