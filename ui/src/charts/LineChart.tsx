/** The one place that knows uPlot. */

import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatDuration, formatNumber } from "../lib/format";
import s from "./LineChart.module.css";
import { join, type Joined, type Line, summarise, type XAxis } from "./lines";
import { smooth } from "./smooth";
import { fillTip } from "./tooltip";

export interface LineChartProps {
  name: string;
  lines: readonly Line[];
  axis: XAxis;
  smoothing: number;
  logX: boolean;
  logY: boolean;
  zoom: readonly [number, number] | null;
  height: number;
  /** Charts with the same word share the cursor. */
  sync: string;
  onZoom: (range: readonly [number, number] | null) => void;
}

type Data = { xs: number[]; columns: Joined[]; max: number | null; points: number };

function tabulate(lines: readonly Line[], smoothing: number, logX: boolean, logY: boolean): Data {
  const usable = lines.map((line) => {
    const keep = line.xs.map((x) => !logX || x > 0);
    const xs = line.xs.filter((_, i) => keep[i]);
    const ys = line.ys.filter((_, i) => keep[i]).map((y) => (logY && y !== null && y <= 0 ? null : y));
    return { xs, ys };
  });
  const smoothed = smoothing > 0 ? usable.map((one, i) => ({ xs: one.xs, ys: smooth(one.xs, one.ys, smoothing, lines[i]?.unit ?? 1) })) : [];
  const { max, points } = summarise(lines);
  return { ...join([...usable, ...smoothed]), max, points };
}

export function LineChart(props: LineChartProps) {
  const { lines, axis, smoothing, logX, logY, zoom, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const data = useMemo(() => tabulate(lines, smoothing, logX, logY), [lines, smoothing, logX, logY]);
  const shape = JSON.stringify([lines.map((line) => [line.id, line.colour, line.dash]), smoothing > 0, axis, logX, logY, height]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, latest, tip), [data.xs, ...data.columns] as uPlot.AlignedData, element);
    };
    make();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
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
    plot.current?.setData([data.xs, ...data.columns] as uPlot.AlignedData, true);
  }, [data, zoom]);

  return (
    <div
      ref={box}
      className={s.plot}
      style={{ height }}
      data-testid="chart"
      data-chart={props.name}
      data-series={lines.length}
      data-points={data.points}
      data-max={data.max ?? ""}
      role="img"
      aria-label={words(props.name, lines)}
    >
      <div ref={tip} className={s.tip} hidden />
    </div>
  );
}

/** `loss, 20 runs, lowest 0.21 in run-07 at step 98,112` */
function words(name: string, lines: readonly Line[]): string {
  const { min, max, minLabel, minStep } = summarise(lines);
  const many = lines.length > 1;
  if (min === null) return `${name}, nothing to draw`;
  const where = `${many ? ` in ${minLabel}` : ""} at step ${formatNumber(minStep)}`;
  return `${name}, ${many ? `${lines.length} runs, ` : ""}lowest ${formatNumber(min)}${where}, highest ${formatNumber(max)}`;
}

function options(element: HTMLElement, latest: React.RefObject<LineChartProps>, tip: React.RefObject<HTMLDivElement | null>): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const solid = (value: string) => (value.startsWith("var(") ? colour(value.slice(4, -1)) : value);
  const props = latest.current;
  const { lines, axis, logX, logY, smoothing } = props;
  const series = (line: Line, faint: boolean): uPlot.Series => ({
    label: line.label,
    stroke: solid(line.colour),
    width: faint ? 1 : 1.5,
    alpha: faint ? 0.28 : 1,
    dash: [...line.dash],
    spanGaps: false,
    points: { size: 5, fill: solid(line.colour) },
  });
  const grid = { stroke: colour("--line"), width: 1 };
  const axisLook = { stroke: colour("--text-2"), grid, ticks: { show: false }, font: `11px ${style.fontFamily}` };
  return {
    width: Math.max(120, element.clientWidth),
    height: props.height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: axis === "time", distr: logX ? 3 : 1, range: (plot, min, max) => [...(latest.current.zoom ?? widened(plot.data[0], min, max, logX))] },
      y: { distr: logY ? 3 : 1, range: (_, min, max) => (min === null ? [0, 1] : logY ? [min / 1.2, max * 1.2] : padded(min, max)) },
    },
    axes: [
      { ...axisLook, size: 26, gap: 4, ...(axis === "time" ? {} : { values: (_, marks) => marks.map((mark) => xMark(axis, mark)) }) },
      { ...axisLook, size: 52, gap: 4, values: (_, marks) => marks.map((mark) => (mark === null ? "" : shortMark(mark))) },
    ],
    series: [{}, ...lines.map((line) => series(line, smoothing > 0)), ...(smoothing > 0 ? lines.map((line) => series(line, false)) : [])],
    cursor: {
      sync: { key: props.sync, scales: ["x", null] },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      bind: {
        dblclick: () => () => {
          latest.current.onZoom(null);
          return null;
        },
      },
    },
    hooks: {
      draw: [() => element.setAttribute("data-drawn", "true")],
      setCursor: [(plot) => tip.current && fillTip(tip.current, plot, latest.current.lines, axis)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 3) return;
          const from = plot.posToVal(plot.select.left, "x");
          const to = plot.posToVal(plot.select.left + plot.select.width, "x");
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onZoom([from, to]);
        },
      ],
    },
  };
}

/** From the first x to the last; room around a single one. */
function widened(xs: ArrayLike<number>, min: number | null, max: number | null, log: boolean): [number, number] {
  const first = xs[0];
  if (min === null || max === null || first === undefined) return log ? [1, 10] : [0, 1];
  if (first !== xs[xs.length - 1]) return [min, max];
  return log ? [first / 2, first * 2] : [first - 1, first + 1];
}

function padded(min: number, max: number): [number, number] {
  const span = max - min || Math.abs(max) || 1;
  return [min - span * 0.06, max + span * 0.06];
}

function xMark(axis: XAxis, mark: number | null): string {
  if (mark === null) return "";
  if (axis === "relative") return formatDuration(mark * 1000);
  return Math.abs(mark) >= 10_000 ? shortMark(mark) : String(mark);
}

/** 20k rather than 20,000. */
function shortMark(mark: number): string {
  const size = Math.abs(mark);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return mark.toExponential(1).replace("+", "");
  if (size >= 1e6) return `${Number((mark / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${Number((mark / 1e3).toPrecision(4))}k`;
  return String(Number(mark.toPrecision(6)));
}
