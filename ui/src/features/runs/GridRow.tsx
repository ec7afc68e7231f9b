import { lazy, memo, type ReactNode, Suspense } from "react";
import type { Best } from "../../api/schema.gen";
import { formatGap, toNumber } from "../../lib/format";
import { COLOUR_TAG } from "../../lib/palette";
import { RunDot } from "../../ui/RunDot";
import { RunLink } from "../../ui/RunLink";
import { Status } from "../../ui/Status";
import { Tick } from "../../ui/Tick";
import { Ago, Took } from "../../ui/Time";
import s from "./Grid.module.css";
import { cellLook, type GridColumn, wholeCell } from "./layout";
import type { Cell, RowAt, RowWindow } from "./useRows";

const Painted = lazy(() => import("./Painted").then((module) => ({ default: module.Painted })));

export interface RowProps {
  /** Negative for pinned ones, of which there are `lead`. */
  row: number;
  lead: number;
  top: number;
  width: number;
  window: RowWindow | undefined;
  index: number;
  pinned: readonly GridColumn[];
  columns: readonly GridColumn[];
  /** Index among the flowing columns of the first one drawn, and the space before it. */
  from: number;
  before: number;
  selected: boolean;
  /** Whether its children are shown; null where the table is no tree. */
  opened: boolean | null;
  best: Best | null;
  activeColumn: number;
  experimentName: (id: string) => string;
}

/** Runs nested deeper are no further in. */
const MOST_INDENTS = 8;

export const cellId = (row: number, column: number) => `cell-${row}-${column}`;

/** One row: as few elements as can be, most cells are text alone. */
export const GridRow = memo(function GridRow(props: RowProps) {
  const { row, window, index, pinned, columns, from, before, selected } = props;
  const data: RowAt | undefined = window && { window, index };
  const table = data?.window.table;
  const runId = data ? table?.run_ids[data.index] : undefined;
  const depth = (data && table?.depth[data.index]) ?? 0;
  const isBest = runId !== undefined && props.best?.run_id === runId;
  const cell = (column: GridColumn, at: number) => drawCell(column, data, props, at);
  return (
    <div
      role="row"
      aria-rowindex={row + props.lead + 2}
      aria-selected={selected}
      aria-level={props.opened === null || row < 0 ? undefined : depth + 1}
      aria-expanded={props.opened !== null && data && table?.children[data.index] ? props.opened : undefined}
      className={s.row}
      data-testid="run-row"
      data-run={runId}
      data-row={row}
      data-pinned={row < 0 || undefined}
      data-best={isBest || undefined}
      data-deleted={(data && table?.lifecycle[data.index] === "deleted") || undefined}
      style={{ transform: `translateY(${props.top}px)`, width: props.width }}
    >
      <div role="none" className={s.pins}>
        {pinned.map(cell)}
      </div>
      {before > 0 && <div style={{ flex: "none", width: before }} />}
      {columns.map((column, i) => cell(column, pinned.length + from + i))}
    </div>
  );
});

interface Content {
  node: ReactNode;
  quiet?: boolean;
}

/** No component: a row that rolls by draws a few hundred of these. */
function drawCell(column: GridColumn, data: RowAt | undefined, props: RowProps, at: number) {
  const active = props.activeColumn === at;
  const { node, quiet } = cellContent(column, data, props);
  return (
    <div
      key={column.id}
      role={column.fixed === "name" ? "rowheader" : "gridcell"}
      id={active || column.fixed === "name" ? cellId(props.row, at) : undefined}
      aria-colindex={at + 1}
      className={`${s.cell} ${kindOf(column)} ${quiet ? s.quiet : ""} ${fits(column, node) ? "" : s.cut}`}
      style={widthOf(column)}
      title={active ? cellTitle(column, data) : undefined}
      data-active={active || undefined}
      data-column={column.id}
    >
      {node}
    </div>
  );
}

const kindOf = ({ fixed, numeric }: GridColumn) =>
  fixed === "select" ? s.select : fixed === "name" ? s.name : fixed === "status" ? s.line : numeric ? s.number : "";

const widths = new WeakMap<GridColumn, { width: number }>();

/** The same object each time, so that nobody looks whether it changed. */
function widthOf(column: GridColumn) {
  const style = widths.get(column) ?? { width: column.width };
  widths.set(column, style);
  return style;
}

/** Whether this surely needs no cutting off, which is a matter of its own for the browser in each cell. */
function fits({ fixed, width }: GridColumn, node: ReactNode): boolean {
  if (typeof node !== "string") return fixed === "select" || fixed === "name" || fixed === "started" || fixed === "took";
  const widest = /^[\d.,+\-–e]*$/.test(node) ? 8.5 : /^[ -~]*$/.test(node) ? 12.5 : width;
  return node.length * widest + 20 <= width;
}

export function cellContent(
  column: GridColumn,
  data: RowAt | undefined,
  props: Pick<RowProps, "row" | "selected" | "opened" | "best" | "experimentName">,
): Content {
  if (!data) return { node: column.fixed === "select" ? null : <span className={s.bone} /> };
  const { table, columns } = data.window;
  const i = data.index;
  const name = table.names[i] || table.run_ids[i] || "";
  const start = table.start[i] ?? null;
  switch (column.fixed) {
    case "select":
      return {
        node: <Tick checked={props.selected} label={`Select ${name}`} />,
      };
    case "name":
      return { node: <Name {...{ name, table, i }} opened={props.opened} pinned={props.row < 0} colour={columns.get(COLOUR)?.[i]} best={props.best?.run_id === table.run_ids[i]} /> };
    case "status":
      return statusContent(table.status[i] ?? "", causeOf(data));
    case "experiment":
      return { node: props.experimentName(table.experiments[i] ?? "") };
    case "started":
      return { node: <Ago time={start} /> };
    case "took":
      return { node: <Took start={start} end={table.end[i] ?? null} running={table.status[i] === "RUNNING"} /> };
    default:
      return column.spec ? dataContent(column, columns.get(column.id)?.[i], props.best, data) : { node: null };
  }
}

/** All of what a cell shows a part of. Found for the one that is pointed at, or active: the browser looks at its rules anew at each new title. */
export function cellTitle(column: GridColumn, data: RowAt | undefined): string | undefined {
  if (!data) return undefined;
  const { table, columns } = data.window;
  if (column.fixed === "name") return table.names[data.index] || table.run_ids[data.index];
  if (column.fixed === "status") return causeOf(data) ?? undefined;
  return column.spec ? wholeCell(column.spec, columns.get(column.id)?.[data.index]) : undefined;
}

function statusContent(status: string, cause: string | null): Content {
  return {
    node: (
      <>
        <Status status={status} />
        {cause && <span className={s.gap}>{cause}</span>}
      </>
    ),
  };
}

export const CAUSE = "attributes.cause";
export const COLOUR = `tags.${COLOUR_TAG}`;

function causeOf(data: RowAt): string | null {
  const cause = data.window.columns.get(CAUSE)?.[data.index];
  return cause === undefined || cause === null ? null : String(cause);
}

function dataContent(column: GridColumn, value: Cell | undefined, best: Best | null, { window, index }: RowAt): Content {
  const content = numberContent(column, value, best);
  if (!column.looks) return content;
  const { run_ids, ordinal, experiments } = window.table;
  const cell = { column, looks: column.looks, value, run: run_ids[index] ?? "", ordinal: ordinal[index] ?? 0, experiment: experiments[index] ?? "", colour: window.columns.get(COLOUR)?.[index] };
  return {
    ...content,
    node: (
      <Suspense fallback={content.node}>
        <Painted {...cell}>{content.node}</Painted>
      </Suspense>
    ),
  };
}

function numberContent(column: GridColumn, value: Cell | undefined, best: Best | null): Content {
  if (!column.spec) return { node: null };
  const look = cellLook(column.spec, value);
  const number = toNumber(value);
  const top = best && toNumber(best.value);
  if (!column.objective || number === null || top === null || best?.key !== column.spec.key) {
    return { node: look.text, quiet: look.quiet };
  }
  const gap = formatGap(number, top);
  return {
    node: (
      <>
        {look.text}
        {gap && gap !== "=" && <span className={s.gap}>{gap}</span>}
      </>
    ),
    quiet: look.quiet,
  };
}

function Name({ name, table, i, opened, pinned, colour, best }: { name: string; opened: boolean | null; pinned: boolean; colour: Cell | undefined; table: RowAt["window"]["table"]; i: number; best: boolean }) {
  const children = table.children[i];
  return (
    <>
      {pinned && (
        <button type="button" tabIndex={-1} className={s.toggle} data-unpin={table.run_ids[i]} aria-label={`Unpin ${name}`} title="Unpin (p)">
          ×
        </button>
      )}
      {opened !== null && !pinned && (
        <button
          type="button"
          tabIndex={-1}
          className={s.toggle}
          style={{ marginLeft: Math.min(table.depth[i] ?? 0, MOST_INDENTS) * 16 }}
          hidden={!children}
          data-toggle={table.run_ids[i]}
          aria-label={`${opened ? "Close" : "Open"} ${name}, ${children} nested`}
        >
          {opened ? "▾" : "▸"} {children}
        </button>
      )}
      <RunDot ordinal={table.ordinal[i]} experiment={table.experiments[i] ?? ""} own={colour} />
      <RunLink run={table.run_ids[i] ?? ""}>{name}</RunLink>
      {best && (
        <span className={s.star} title="The best run">
          ★<span className="hidden-word"> best</span>
        </span>
      )}
    </>
  );
}
