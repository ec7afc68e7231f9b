/** Draws lines and bands on a canvas: one path for each colour and dash, so that thousands of lines cost few strokes. */

import type { Band } from "./bands";
import type { Scale } from "./scales";
import type { Shapes, Stroke } from "./shapes";

/** The plot's area in the canvas's own pixels; `ratio` of them are one pixel of the page. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number;
  x: Scale;
  y: Scale;
}

/** What a path is drawn with: a canvas, or text of an SVG. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

type Values = readonly (number | null)[];

export function trace(pen: Pen, area: Area, xs: readonly number[], ys: Values): void {
  const { left, top, width, height, x, y } = area;
  let down = false;
  for (let i = 0; i < xs.length; i += 1) {
    const value = ys[i];
    if (value === null || value === undefined) {
      down = false;
      continue;
    }
    const px = left + x.at(xs[i] as number) * width;
    const py = top + (1 - y.at(value)) * height;
    if (down) pen.lineTo(px, py);
    else pen.moveTo(px, py);
    down = true;
  }
}

/** The outline between two lines, there and back. */
export function outline(pen: Pen, area: Area, band: Pick<Band, "xs">, low: Values, high: Values): void {
  const kept = band.xs.flatMap((x, i) => (typeof low[i] === "number" && typeof high[i] === "number" ? [[x, low[i], high[i]] as const] : []));
  trace(pen, area, kept.map(([x]) => x), kept.map(([, , top]) => top));
  const back = [...kept].reverse();
  const pieces: Pen = { moveTo: (x, y) => pen.lineTo(x, y), lineTo: (x, y) => pen.lineTo(x, y) };
  trace(pieces, area, back.map(([x]) => x), back.map(([, bottom]) => bottom));
}

export function paint(context: CanvasRenderingContext2D, area: Area, shapes: Shapes, colourOf: (name: string) => string, quiet: boolean): void {
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.width, area.height);
  context.clip();
  context.lineJoin = "round";
  for (const band of shapes.bands) paintBand(context, area, band, colourOf(band.colour));
  const many = shapes.strokes.length > 60;
  const smoothed = shapes.strokes.some((one) => one.smooth);
  const alpha = quiet ? 0.4 : many ? 0.55 : 1;
  strokeAll(context, area, shapes.strokes, (one) => one.ys, colourOf, (many ? 1 : 1.5) - (smoothed ? 0.5 : 0), smoothed ? 0.28 * alpha : alpha);
  if (smoothed) strokeAll(context, area, shapes.strokes, (one) => one.smooth ?? [], colourOf, many ? 1 : 1.75, alpha);
  context.globalAlpha = smoothed ? 0.4 : alpha;
  for (const stroke of shapes.strokes) paintDots(context, area, stroke, colourOf(stroke.line.colour));
  context.restore();
}

function strokeAll(context: CanvasRenderingContext2D, area: Area, strokes: readonly Stroke[], ysOf: (one: Stroke) => Values, colourOf: (name: string) => string, width: number, alpha: number): void {
  const groups = new Map<string, Stroke[]>();
  for (const stroke of strokes) {
    const look = `${stroke.line.colour} ${stroke.line.dash.join()}`;
    const group = groups.get(look);
    if (group) group.push(stroke);
    else groups.set(look, [stroke]);
  }
  context.globalAlpha = alpha;
  context.lineWidth = width * area.ratio;
  for (const group of groups.values()) {
    const first = group[0]?.line;
    if (!first) continue;
    context.strokeStyle = colourOf(first.colour);
    context.setLineDash(first.dash.map((one) => one * area.ratio));
    context.beginPath();
    for (const stroke of group) trace(context, area, stroke.xs, ysOf(stroke));
    context.stroke();
  }
  context.setLineDash([]);
}

/** Points as dots where there are few, or where a point has no neighbour and would not be seen. */
function paintDots(context: CanvasRenderingContext2D, area: Area, stroke: Stroke, colour: string): void {
  const { xs, ys } = stroke;
  const few = xs.length * 10 * area.ratio < area.width;
  context.fillStyle = colour;
  context.beginPath();
  for (let i = 0; i < xs.length; i += 1) {
    const value = ys[i];
    if (value === null || value === undefined) continue;
    const alone = (ys[i - 1] ?? null) === null && (ys[i + 1] ?? null) === null;
    if (!few && !alone) continue;
    const px = area.left + area.x.at(xs[i] as number) * area.width;
    const py = area.top + (1 - area.y.at(value)) * area.height;
    context.moveTo(px, py);
    context.arc(px, py, 2.5 * area.ratio, 0, 2 * Math.PI);
  }
  context.fill();
}

function paintBand(context: CanvasRenderingContext2D, area: Area, band: Band, colour: string): void {
  context.fillStyle = context.strokeStyle = colour;
  context.globalAlpha = 0.2;
  context.beginPath();
  outline(context, area, band, band.low, band.high);
  context.fill();
  context.globalAlpha = 0.5;
  context.lineWidth = area.ratio;
  context.beginPath();
  trace(context, area, band.xs, band.least);
  trace(context, area, band.xs, band.greatest);
  context.setLineDash([2 * area.ratio, 2 * area.ratio]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.lineWidth = 2 * area.ratio;
  context.beginPath();
  trace(context, area, band.xs, band.middle);
  context.stroke();
}

/** Lines on top of all, on a canvas of their own. */
export function paintLit(context: CanvasRenderingContext2D, area: Area, strokes: readonly Stroke[], colourOf: (name: string) => string, halo: string): void {
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.width, area.height);
  context.clip();
  context.lineJoin = "round";
  for (const { line, xs, ys, smooth } of strokes) {
    context.setLineDash([]);
    context.globalAlpha = 0.85;
    context.strokeStyle = halo;
    context.lineWidth = 5 * area.ratio;
    context.beginPath();
    trace(context, area, xs, smooth ?? ys);
    context.stroke();
    context.globalAlpha = 1;
    context.strokeStyle = colourOf(line.colour);
    context.lineWidth = 2.5 * area.ratio;
    context.stroke();
  }
  context.restore();
}
