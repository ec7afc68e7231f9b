/** The box beside the cursor: where it is, and the values there, highest first. Text only, never markup. */

import type uPlot from "uplot";
import { formatDuration, formatNumber, formatTime } from "../lib/format";
import type { Line, XAxis } from "./lines";

const MOST = 12;

export function placeWords(axis: XAxis, x: number): string {
  if (axis === "step") return `step ${formatNumber(x)}`;
  return axis === "time" ? formatTime(x * 1000) : `after ${formatDuration(x * 1000)}`;
}

/** The last value at or before a place, where the line has any. */
function valueAt(column: ArrayLike<number | null | undefined>, index: number): number | null {
  for (let i = index; i >= 0; i -= 1) {
    const value = column[i];
    if (value !== undefined) return value;
  }
  return null;
}

export function fillTip(tip: HTMLElement, plot: uPlot, lines: readonly Line[], axis: XAxis): void {
  const index = plot.cursor.idx;
  const left = plot.cursor.left ?? -1;
  tip.hidden = index === null || index === undefined || left < 0;
  if (tip.hidden || index === null || index === undefined) return;
  const smoothed = plot.data.length - 1 > lines.length;
  const rows = lines
    .map((line, i) => ({
      line,
      raw: valueAt(plot.data[i + 1] ?? [], index),
      smooth: smoothed ? valueAt(plot.data[lines.length + i + 1] ?? [], index) : null,
    }))
    .filter((row) => row.raw !== null)
    .sort((a, b) => (b.raw ?? 0) - (a.raw ?? 0));
  const head = document.createElement("div");
  head.textContent = placeWords(axis, plot.data[0][index] ?? 0);
  tip.replaceChildren(head, ...rows.slice(0, MOST).map((row) => tipRow(row.line, row.raw, row.smooth)));
  if (rows.length > MOST) tip.append(`and ${rows.length - MOST} more`);
  const area = plot.over.getBoundingClientRect();
  const from = plot.over.offsetLeft;
  const right = left > area.width / 2;
  tip.style.left = right ? "" : `${from + left + 12}px`;
  tip.style.right = right ? `${plot.root.clientWidth - from - left + 12}px` : "";
}

function tipRow(line: Line, raw: number | null, smooth: number | null): HTMLElement {
  const row = document.createElement("div");
  const mark = document.createElement("i");
  mark.style.background = line.colour;
  const name = document.createElement("span");
  name.textContent = line.label;
  const value = document.createElement("b");
  value.textContent = formatNumber(raw) + (smooth === null ? "" : ` (${formatNumber(smooth)})`);
  row.append(mark, name, value);
  return row;
}
