/** The one place that knows uPlot: it does axes, cursor and zoom; lines are drawn by `paint`. */

import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatNumber } from "../lib/format";
import type { Band } from "./bands";
import { readings } from "./cursor";
import s from "./LineChart.module.css";
import type { Line, XAxis } from "./lines";
import { type Area, paint, paintLit } from "./paint";
import { durationMark, makeScale, padded, shortMarks } from "./scales";
import { written } from "./settings";
import { type Shapes, shapesOf, xRange, yRange } from "./shapes";
import type { Smoothing } from "./smooth";
import { colourReader } from "./theme";
import { fillTip } from "./tooltip";
import { clipWords } from "./words";

export interface LineChartProps {
  name: string;
  /** In what it is measured: the title of the upright axis. */
  unit?: string | undefined;
  lines: readonly Line[];
  bands?: readonly Band[] | undefined;
  axis: XAxis;
  smoothing: Smoothing;
  logX: boolean;
  logY: boolean;
  clip: boolean;
  zoom: readonly [number, number] | null;
  /** What the x axis reaches over without a zoom; as far as there are points if not given. */
  span?: readonly [number, number] | undefined;
  height: number;
  /** Charts with the same word share the cursor. */
  sync: string;
  summary: string;
  /** Runs drawn on top of the others. */
  lit?: readonly string[] | undefined;
  onLit?: ((id: string | null) => void) | undefined;
  onZoom: (range: readonly [number, number] | null) => void;
  onUnclip?: (() => void) | undefined;
}

const MOST_READ = 8;
const NO_BANDS: readonly Band[] = [];
const NOBODY: readonly string[] = [];
const LIT = 3;

export function LineChart(props: LineChartProps) {
  const { lines, bands = NO_BANDS, axis, smoothing, logX, logY, clip, zoom, span, height, lit = NOBODY } = props;
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shapes = useMemo(() => shapesOf(lines, bands, { smoothing, logX, logY }), [lines, bands, smoothing, logX, logY]);
  const across = useMemo((): readonly [number, number] => zoom ?? span ?? xRange(shapes, logX), [zoom, span, shapes, logX]);
  const down = useMemo(() => yRange(shapes, across, clip, logY), [shapes, across, clip, logY]);
  const latest = useRef({ props, shapes, across, down });
  latest.current = { props, shapes, across, down };
  const shape = JSON.stringify([axis, logX, logY, height, props.unit]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, latest, tip), fake(latest.current), element);
    };
    make();
    // on paper there is a picture in its place
    const observer = new ResizeObserver(() => element.clientWidth > 0 && plot.current?.setSize({ width: Math.max(120, element.clientWidth), height }));
    observer.observe(element);
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    window.addEventListener("themechange", make);
    scheme.addEventListener("change", make);
    return () => {
      observer.disconnect();
      window.removeEventListener("themechange", make);
      scheme.removeEventListener("change", make);
      plot.current?.destroy();
      plot.current = null;
    };
    // A new shape is a new plot; new points and a new zoom are set below.
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(fake(latest.current), true);
    plot.current?.redraw(false, true);
  }, [shapes, across, down]);
  const quiet = isQuiet(shapes, lit);
  useEffect(() => {
    plot.current?.redraw(false, false);
  }, [quiet]);
  useEffect(() => {
    if (plot.current && box.current) light(box.current, plot.current, latest.current);
  }, [lit]);

  const keys = (event: React.KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !plot.current) return;
    const { left = -1 } = plot.current.cursor;
    const width = plot.current.over.clientWidth;
    const next = left < 0 ? width / 2 : left + step * (event.shiftKey ? 20 : 4);
    plot.current.setCursor({ left: Math.max(0, Math.min(width, next)), top: plot.current.over.clientHeight / 2 }, true);
    event.preventDefault();
  };
  const peaks = lines.length > 1 && lines.length <= 60 ? lines.map((line) => Math.max(...line.ys.map((y) => y ?? Number.NEGATIVE_INFINITY))).join() : undefined;
  return (
    <div className={s.frame}>
      <div
        ref={box}
        className={s.plot}
        style={{ height }}
        data-testid="chart"
        data-chart={props.name}
        data-series={lines.length || bands.length}
        data-bands={bands.length || undefined}
        data-runs={bands.reduce((sum, band) => sum + band.runs, 0) || undefined}
        data-points={shapes.points}
        data-unit={props.unit || undefined}
        data-max={shapes.max ?? ""}
        data-peaks={peaks}
        data-span={span?.join()}
        data-clipped={down.clipped ? down.clipped.above + down.clipped.below : undefined}
        role="group"
        aria-roledescription="line chart"
        tabIndex={0}
        aria-label={props.summary}
        onKeyDown={keys}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 }, true)}
      >
        <div ref={tip} className={s.tip} hidden />
      </div>
      {down.clipped && (
        <button type="button" className={s.clipped} onClick={props.onUnclip} title="Show all points">
          {clipWords(down.clipped)} · show
        </button>
      )}
    </div>
  );
}

interface Latest {
  props: LineChartProps;
  shapes: Shapes;
  across: readonly [number, number];
  down: { min: number; max: number };
}

/** Lines that step back for others. Not when they are many: that would paint them all anew at every move of the mouse. */
const MOST_QUIET = 60;

function isQuiet({ strokes }: Shapes, lit: readonly string[]): boolean {
  return strokes.length <= MOST_QUIET && lit.length > 0 && strokes.some(({ line }) => lit.includes(line.id)) && strokes.some(({ line }) => !lit.includes(line.id));
}

/** Draws the chosen lines on a canvas of their own, over the others. */
function light(element: HTMLElement, plot: uPlot, { props, shapes }: Latest): void {
  const { canvas } = plot.ctx;
  let over = plot.root.querySelector<HTMLCanvasElement>("canvas[data-over]");
  if (!over) {
    over = document.createElement("canvas");
    over.dataset["over"] = "";
    Object.assign(over.style, { position: "absolute", left: "0", top: "0", pointerEvents: "none" });
    canvas.after(over);
  }
  if (over.width !== canvas.width || over.height !== canvas.height) {
    over.width = canvas.width;
    over.height = canvas.height;
  }
  over.style.width = canvas.style.width;
  over.style.height = canvas.style.height;
  const context = over.getContext("2d");
  const lit = shapes.strokes.filter(({ line }) => props.lit?.includes(line.id));
  element.setAttribute("data-lit", String(lit.length));
  if (!context) return;
  context.clearRect(0, 0, over.width, over.height);
  if (lit.length === shapes.strokes.length && shapes.bands.length === 0) return;
  const colourOf = colourReader(element);
  paintLit(context, areaOf(plot, props.logX, props.logY), lit.slice(0, MOST_QUIET), colourOf, colourOf("--bg"));
}

/** uPlot is given the corners alone. */
function fake({ across, down }: Latest): uPlot.AlignedData {
  return [[...across], [down.min, down.max]];
}

function areaOf(plot: uPlot, logX: boolean, logY: boolean): Area {
  const { left, top, width, height } = plot.bbox;
  const x = plot.scales["x"];
  const y = plot.scales["y"];
  const ratio = uPlot.pxRatio;
  return { left, top, width, height, ratio, x: makeScale(x?.min ?? 0, x?.max ?? 1, logX), y: makeScale(y?.min ?? 0, y?.max ?? 1, logY) };
}

function options(element: HTMLElement, latest: React.RefObject<Latest>, tip: React.RefObject<HTMLDivElement | null>): uPlot.Options {
  const colourOf = colourReader(element);
  const { props } = latest.current;
  const { axis, logX, logY } = props;
  const grid = { stroke: colourOf("--line"), width: 1 };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axisLook = { stroke: colourOf("--text-2"), grid, ticks: { show: false }, font };
  const draw = (plot: uPlot) => {
    const { shapes, props: now } = latest.current;
    paint(plot.ctx, areaOf(plot, logX, logY), shapes, colourOf, isQuiet(shapes, now.lit ?? NOBODY));
    light(element, plot, latest.current);
    element.setAttribute("data-drawn", "true");
  };
  return {
    width: Math.max(120, element.clientWidth),
    height: props.height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: axis === "time", distr: logX ? 3 : 1, range: () => [...latest.current.across] },
      y: { distr: logY ? 3 : 1, range: () => padded(latest.current.down.min, latest.current.down.max, logY) },
    },
    axes: [
      { ...axisLook, size: 26, gap: 4, ...(axis === "time" ? {} : { values: (_, marks) => xMarks(axis, marks) }) },
      { ...axisLook, size: 52, gap: 4, values: (_, marks) => shortMarks(marks), ...(props.unit ? { label: props.unit, labelSize: 16, labelGap: 2, labelFont: font } : {}) },
    ],
    series: [{}, { show: true, paths: () => null, points: { show: false } }],
    cursor: {
      sync: { key: props.sync, scales: ["x", null] },
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      bind: {
        dblclick: () => () => {
          latest.current.props.onZoom(null);
          return null;
        },
      },
    },
    hooks: {
      draw: [draw],
      setCursor: [(plot) => tip.current && point(plot, tip.current, latest.current)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 3) return;
          const from = plot.posToVal(plot.select.left, "x");
          const to = plot.posToVal(plot.select.left + plot.select.width, "x");
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.props.onZoom([written(from), written(to)]);
        },
      ],
    },
  };
}

/** Says what is under the cursor, and tells who is nearest when the mouse itself is here. */
function point(plot: uPlot, tip: HTMLElement, { props, shapes }: Latest): void {
  const left = plot.cursor.left ?? -1;
  const top = plot.cursor.top ?? -1;
  // A cursor that another chart moves has no height here.
  const own = plot.cursor.event !== undefined && plot.cursor.event !== null ? plot.over.matches(":hover") : false;
  if (left < 0) {
    tip.hidden = true;
    if (plot.root.dataset["lit"]) {
      delete plot.root.dataset["lit"];
      props.onLit?.(null);
    }
    return;
  }
  const area = areaOf(plot, props.logX, props.logY);
  const x = plot.posToVal(left, "x");
  const y = top >= 0 && own ? plot.posToVal(top, "y") : null;
  const { shown, more } = readings(shapes, x, y, MOST_READ, area.y.at, (low, high) => `${formatNumber(low, LIT)} … ${formatNumber(high, LIT)}`);
  fillTip(tip, { left: left + plot.over.offsetLeft, width: plot.root.clientWidth, axis: props.axis, x, shown, more });
  const nearest = own ? (shown.find((one) => one.nearest)?.id ?? null) : null;
  if (own && (plot.root.dataset["lit"] ?? null) !== nearest) {
    if (nearest) plot.root.dataset["lit"] = nearest;
    else delete plot.root.dataset["lit"];
    props.onLit?.(nearest);
  }
}

function xMarks(axis: XAxis, marks: readonly (number | null)[]): string[] {
  if (axis === "relative") return marks.map((mark) => (mark === null ? "" : durationMark(mark)));
  return shortMarks(marks);
}
