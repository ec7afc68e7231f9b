/** One metric of all runs as a chart: nearest values under the cursor, drag to zoom, double click to see all. */

import { formatNumber } from "../lib/format";
import { runColour, runDash, runMark } from "../lib/palette";
import type { Contents, Curve, Head } from "./contents";
import { marks, nearest, path, place, type Range, span } from "./curves";
import { draw, make, replace } from "./dom";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [520, 200, 56, 24];
const READ = 10;

export function chart(contents: Contents, key: string, curves: readonly Curve[]): HTMLElement {
  const box = make("figure", { class: "chart", "data-chart": key });
  const plot = make("div", { class: "plot" });
  const tip = make("p", { class: "tip", "aria-live": "off" });
  let zoom: Range | null = null;
  const name = (curve: Curve) => contents.runs[curve.run]?.name ?? "";
  const render = () => {
    const found = span(curves, zoom);
    replace(plot, found ? picture(curves, found.x, found.y, contents) : `${curves.reduce((sum, one) => sum + one.total, 0)} points, none of them a number.`);
    const svg = plot.querySelector("svg");
    if (svg && found) {
      listen(svg, found.x, read, (range) => {
        zoom = range;
        render();
      });
    }
    read(null);
  };
  const read = (step: number | null) => {
    const shown = curves.slice(0, READ).map((curve) => {
      const at = step === null ? curve.steps.length - 1 : nearest(curve, step);
      return make("span", {}, swatch(contents, curve), `${curves.length > 1 ? `${name(curve)} ` : ""}${formatNumber(curve.values[at])} `, make("small", {}, `at ${curve.steps[at]}`));
    });
    replace(tip, ...shown, curves.length > READ && `and ${curves.length - READ} more`);
  };
  const words = `${key}: ${curves.map((curve) => `${name(curve)} ends at ${formatNumber(curve.values.at(-1))}`).slice(0, READ).join("; ")}`;
  box.append(make("figcaption", {}, key), plot, tip);
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", words);
  render();
  return box;
}

/** 0.5, where a reading would say 0.500. */
const markText = (mark: number) => formatNumber(mark, 3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

export function swatch(contents: Contents, curve: { run: number }): HTMLElement {
  const mark = make("i", { class: "run-dot swatch", "aria-hidden": "true" });
  const run = contents.runs[curve.run];
  mark.style.setProperty("--of", colourOf(run));
  mark.dataset["mark"] = String(runMark(run?.ordinal ?? 0));
  return mark;
}

const colourOf = (run: Head | undefined) => runColour(run?.ordinal ?? 0, run?.experiment_id ?? "", run?.colour);

function picture(curves: readonly Curve[], x: Range, y: Range, contents: Contents): SVGElement {
  const [width, height] = [WIDTH - LEFT - 8, HEIGHT - BOTTOM - 8];
  const clip = `c${Math.random().toString(36).slice(2)}`;
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  const grid = draw("g", { class: "grid" });
  for (const mark of marks(y, 4)) {
    const top = 8 + height - place(mark, y, height);
    grid.append(draw("line", { x1: LEFT, x2: LEFT + width, y1: top, y2: top }), draw("text", { x: LEFT - 6, y: top + 4, "text-anchor": "end" }, markText(mark)));
  }
  for (const mark of marks(x, 5)) {
    const left = LEFT + place(mark, x, width);
    grid.append(draw("line", { x1: left, x2: left, y1: 8, y2: 8 + height }), draw("text", { x: left, y: HEIGHT - 6, "text-anchor": "middle" }, markText(mark)));
  }
  const lines = draw("g", { transform: `translate(${LEFT} 8)`, "clip-path": `url(#${clip})` });
  for (const curve of curves) {
    const run = contents.runs[curve.run];
    const line = draw("path", { d: path(curve, x, y, width, height), "stroke-dasharray": runDash(run?.ordinal ?? 0).join(" ") || null }, draw("title", {}, run?.name ?? ""));
    line.style.stroke = colourOf(run);
    lines.append(line);
  }
  svg.append(draw("defs", {}, draw("clipPath", { id: clip }, draw("rect", { x: 0, y: -2, width, height: height + 4 }))), grid, lines);
  return svg;
}

function listen(svg: SVGElement, x: Range, read: (step: number | null) => void, onZoom: (range: Range | null) => void): void {
  let from: number | null = null;
  const chosen = draw("rect", { class: "chosen", y: 8, height: HEIGHT - BOTTOM - 8 });
  const stepAt = (event: PointerEvent) => {
    const box = svg.getBoundingClientRect();
    const left = ((event.clientX - box.left) / box.width) * WIDTH;
    return x.from + (Math.max(0, Math.min(WIDTH - LEFT - 8, left - LEFT)) / (WIDTH - LEFT - 8)) * (x.to - x.from);
  };
  const at = (step: number) => LEFT + place(step, x, WIDTH - LEFT - 8);
  svg.addEventListener("pointermove", (event) => {
    const step = stepAt(event);
    read(step);
    if (from === null) return;
    chosen.setAttribute("x", String(at(Math.min(from, step))));
    chosen.setAttribute("width", String(Math.abs(at(step) - at(from))));
    svg.append(chosen);
  });
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") from = stepAt(event);
  });
  svg.addEventListener("pointerup", (event) => {
    const to = stepAt(event);
    if (from !== null && Math.abs(at(to) - at(from)) > 6) onZoom({ from: Math.min(from, to), to: Math.max(from, to) });
    from = null;
    chosen.remove();
  });
  svg.addEventListener("pointerleave", () => {
    read(null);
    from = null;
    chosen.remove();
  });
  svg.addEventListener("dblclick", () => onZoom(null));
}
