/** The frame of every chart: title, its numbers as a table, full size, files. */

import { type ReactNode, useEffect, useRef, useState } from "react";
import { exactNumber, formatNumber } from "../lib/format";
import { inText } from "../lib/hotkeys";
import { IconButton } from "../ui/Button";
import { MenuItem, Opener } from "../ui/Popover";
import { say } from "../ui/Toasts";
import s from "./ChartCard.module.css";
import { CARD_HEIGHT } from "./packing";
import { fileName, onPaper, type Picture, save, type Sheet, toCsv, toPng } from "./picture";

const HEAD = 38;

export interface ChartFrameProps {
  name: string;
  /** In what it is measured. */
  unit?: string | undefined;
  value?: string | undefined;
  height?: number | undefined;
  /** Null: nothing to show as numbers or as a file yet. */
  sheet: (() => Sheet) | null;
  picture: (() => Picture | null) | null;
  /** Given while there is a zoom to undo. */
  onReset?: (() => void) | undefined;
  tools?: ReactNode;
  /** Draws into the space that is left. */
  children: (height: number) => ReactNode;
}

export function ChartFrame({ name, unit, value, height = CARD_HEIGHT, sheet, picture, onReset, tools, children }: ChartFrameProps) {
  const [data, setData] = useState(false);
  const [full, setFull] = useState(false);
  const card = useRef<HTMLElement>(null);
  const act = useRef<(key: string) => boolean>(() => false);
  act.current = (key) => {
    if (key === "d" && sheet) setData(!data);
    else if (key === "f") setFull(!full);
    else if (key === "0" && onReset) onReset();
    else return false;
    return true;
  };
  // Keys reach the chart under the mouse as well as the one with the focus.
  useEffect(() => {
    const element = card.current;
    if (!element) return;
    const keys = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || inText(event.target)) return;
      if (card.current?.contains(document.activeElement)) return;
      if (act.current(event.key)) event.preventDefault();
    };
    const enter = () => window.addEventListener("keydown", keys);
    const leave = () => window.removeEventListener("keydown", keys);
    element.addEventListener("pointerenter", enter);
    element.addEventListener("pointerleave", leave);
    return () => {
      element.removeEventListener("pointerenter", enter);
      element.removeEventListener("pointerleave", leave);
      leave();
    };
  }, [full]);
  const own = (event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || inText(event.target) || !act.current(event.key)) return;
    event.stopPropagation();
    event.preventDefault();
  };
  const content = (room: number) => (
    <>
      <div className={s.head}>
        <h3 title={name} dir="auto">
          {name}
          {unit && <small>, {unit}</small>}
        </h3>
        <span className={s.value}>{value}</span>
        {tools}
        {onReset && <IconButton icon="reset" label={`Reset the zoom of ${name} (0)`} onClick={onReset} />}
        <IconButton icon="table" label={`${data ? "Chart" : "Data"} of ${name} (d)`} aria-pressed={data} onClick={() => setData(!data)} disabled={!sheet} />
        <IconButton icon="expand" label={`${name} ${full ? "back to its size" : "at full size"} (f)`} onClick={() => setFull(!full)} />
        <Files {...{ name, sheet, picture }} />
      </div>
      {data && sheet ? <DataTable sheet={sheet()} /> : children(Math.max(80, room - HEAD))}
    </>
  );
  if (full) {
    return (
      <>
        <section className={s.card} style={{ height }} aria-label={name} />
        <FullSize name={name} onClose={() => setFull(false)} onKey={own}>
          {content}
        </FullSize>
      </>
    );
  }
  return (
    <section ref={card} className={s.card} style={{ height }} aria-label={name} onKeyDown={own}>
      {content(height)}
    </section>
  );
}

function FullSize({ name, onClose, onKey, children }: { name: string; onClose: () => void; onKey: (event: React.KeyboardEvent) => void; children: (height: number) => ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    dialog.showModal();
    const measure = () => setHeight(dialog.clientHeight - 4);
    measure();
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, []);
  return (
    <dialog
      ref={ref}
      className={s.full}
      aria-label={name}
      onClose={onClose}
      onKeyDown={(event) => {
        onKey(event);
        event.stopPropagation();
      }}
    >
      {height > 0 && children(height)}
    </dialog>
  );
}

function Files({ name, sheet, picture }: Pick<ChartFrameProps, "name" | "sheet" | "picture">) {
  const trouble = (error: unknown) => say(error instanceof Error ? error.message : String(error), { tone: "error" });
  const svg = () => {
    const made = picture?.();
    if (made) save(new Blob([onPaper(made.svg)], { type: "image/svg+xml" }), fileName(name, "svg"));
  };
  const png = () => {
    const made = picture?.();
    if (made) toPng(made).then((blob) => save(blob, fileName(name, "png")), trouble);
  };
  const csv = () => sheet && save(new Blob([toCsv(sheet())], { type: "text/csv" }), fileName(name, "csv"));
  return (
    <Opener
      label={`Files of ${name}`}
      role="menu"
      button={(props) => <IconButton {...props} icon="download" label={`Save ${name}`} disabled={!picture && !sheet} />}
    >
      {(close) => (
        <>
          {picture && <MenuItem onChoose={() => (png(), close())}>PNG</MenuItem>}
          {picture && <MenuItem onChoose={() => (svg(), close())}>SVG</MenuItem>}
          {sheet && <MenuItem onChoose={() => (csv(), close())}>CSV</MenuItem>}
        </>
      )}
    </Opener>
  );
}

const MOST = 200;

function DataTable({ sheet }: { sheet: Sheet }) {
  return (
    <div className={s.data} tabIndex={0} role="region" aria-label="Data of the chart">
      <table>
        <thead>
          <tr>
            {sheet.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sheet.rows.slice(0, MOST).map((row, i) => (
            <tr key={i}>
              {row.map((value, j) => (
                <td key={j}>{typeof value === "number" ? exactNumber(value) : (value ?? "–")}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {sheet.rows.length > MOST && <p className={s.note}>{formatNumber(sheet.rows.length - MOST)} more rows are in the CSV</p>}
    </div>
  );
}
