/** The box beside the cursor: where it is, and the values there, highest first. Text only, never markup. */

import { formatDuration, formatNumber, formatTime } from "../lib/format";
import { dashFill } from "../lib/palette";
import { oneLine } from "../lib/shown";
import type { Reading } from "./cursor";
import type { XAxis } from "./lines";

export function placeWords(axis: XAxis, x: number): string {
  if (axis === "step") return `step ${formatNumber(Math.round(x))}`;
  if (axis === "time") return formatTime(x * 1000);
  if (axis === "relative") return `after ${formatDuration(x * 1000)}`;
  return `${axis.slice("metrics.".length)} ${formatNumber(x)}`;
}

export interface Tip {
  /** Where the cursor is, and how wide the chart. */
  left: number;
  width: number;
  axis: XAxis;
  x: number;
  shown: readonly Reading[];
  more: number;
}

export function fillTip(tip: HTMLElement, { left, width, axis, x, shown, more }: Tip): void {
  tip.hidden = shown.length === 0;
  const head = document.createElement("div");
  head.textContent = oneLine(placeWords(axis, x));
  tip.replaceChildren(head, ...shown.map(tipRow));
  if (more > 0) tip.append(`and ${formatNumber(more)} more, farther away`);
  const right = left > width / 2;
  tip.style.left = right ? "" : `${left + 12}px`;
  tip.style.right = right ? `${width - left + 12}px` : "";
}

function tipRow({ label, colour, dash, raw, smooth, span, nearest }: Reading): HTMLElement {
  const row = document.createElement("div");
  if (nearest) row.dataset["nearest"] = "";
  const mark = document.createElement("i");
  mark.style.background = dashFill(colour, dash);
  const name = document.createElement("span");
  name.textContent = oneLine(label);
  const value = document.createElement("b");
  value.textContent = formatNumber(raw) + (smooth === null ? "" : ` (${formatNumber(smooth)})`) + (span ? ` [${span}]` : "");
  row.append(mark, name, value);
  return row;
}
