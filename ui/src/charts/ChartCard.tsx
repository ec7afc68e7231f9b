/** A card with lines, or with bands of many. */

import { lazy, Suspense, useMemo, useRef } from "react";
import { formatNumber, formatTime } from "../lib/format";
import { part } from "../ui/part";
import { usePrinting } from "../ui/usePrinting";
import { MIDDLE, type Band } from "./bands";
import { ChartFrame } from "./ChartFrame";
import s from "./ChartCard.module.css";
import { type Line, summarise } from "./lines";
import { lineSvg } from "./lineSvg";
import { PaperPicture } from "./PaperPicture";
import { drawnIn, type Field, type Sheet } from "./picture";
import type { ChartSettings } from "./settings";
import { shapesOf } from "./shapes";
import { axisName, lineWords } from "./words";

const Bars = lazy(() => import("./kinds/Bars").then((module) => ({ default: module.Bars })));
const LineChart = part(() => import("./LineChart").then((module) => ({ default: module.LineChart })));

/** Load what draws lines before there are any. */
export const linesAhead = LineChart.ahead;

export interface ChartCardProps {
  name: string;
  /** In what it is measured. */
  unit?: string | undefined;
  /** Undefined while nothing has come. */
  lines: readonly Line[] | undefined;
  bands?: readonly Band[] | undefined;
  error: Error | null;
  settings: ChartSettings;
  sync: string;
  value?: string | undefined;
  height?: number | undefined;
  /** What the x axis reaches over, so that charts of different metrics lie on the same. */
  span?: readonly [number, number] | undefined;
  lit?: readonly string[] | undefined;
  onLit?: ((id: string | null) => void) | undefined;
  tools?: React.ReactNode;
  onZoom: (range: readonly [number, number] | null) => void;
  onUnclip?: (() => void) | undefined;
}

/** Pixels of a picture on a sheet, two or three beside each other. */
const ON_SHEET = [400, 190] as const;
const NO_BANDS: readonly Band[] = [];
const ignore = () => undefined;

export function ChartCard(props: ChartCardProps) {
  const { name, unit, lines, bands = NO_BANDS, settings, value, height, onZoom } = props;
  const told = useMemo(() => lines && summarise(lines), [lines]);
  const some = (told?.numbers ?? 0) > 0 || bands.length > 0;
  const box = useRef<HTMLDivElement>(null);
  const printing = usePrinting();
  const lined = (where: readonly string[], size?: readonly [number, number]) =>
    lineSvg(shapesOf(lines ?? [], bands, { smoothing: settings.smooth, logX: settings.logX, logY: settings.logY }), {
      title: unit ? `${name}, ${unit}` : name,
      xName: axisName(settings.x),
      logX: settings.logX && settings.x !== "time",
      logY: settings.logY,
      clip: settings.clip,
      zoom: settings.zoom,
      time: settings.x === "time",
      notes: [...(bands.length ? [MIDDLE[settings.draw === "mean" ? "mean" : "quantiles"]] : []), ...where],
      ...(size && { size }),
    });
  return (
    <ChartFrame
      {...{ name, unit, value, height }}
      tools={props.tools}
      sheet={some || (told?.points ?? 0) > 0 ? () => sheetOf(lines ?? [], bands, settings) : null}
      picture={some ? () => (single(lines, bands) ? drawnIn(box.current, name) : lined([location.href.slice(0, 160)])) : null}
      onReset={settings.zoom ? () => onZoom(null) : undefined}
    >
      {(room) => (
        <>
          <Body {...props} {...{ told, room, box }} />
          {printing && some && !single(lines, bands) && <PaperPicture picture={lined([], ON_SHEET)} />}
        </>
      )}
    </ChartFrame>
  );
}

/** One value each: bars say it better than dots. */
function single(lines: readonly Line[] | undefined, bands: readonly Band[]): boolean {
  return bands.length === 0 && (lines ?? []).every((line) => line.ys.length <= 1);
}

interface BodyProps extends ChartCardProps {
  told: ReturnType<typeof summarise> | undefined;
  room: number;
  box: React.RefObject<HTMLDivElement | null>;
}

function Body({ name, unit, lines, bands = NO_BANDS, error, settings, sync, span, lit, onLit, onZoom, onUnclip, told, room, box }: BodyProps) {
  if (error && !lines) return <p className={s.note}>{error.message}</p>;
  if (!lines || !told) return <div className={s.bar} />;
  if (told.points === 0 && bands.length === 0) return <p className={s.note}>No points in this range</p>;
  if (told.numbers === 0 && bands.length === 0) {
    return (
      <p className={s.note} data-testid="chart" data-drawn="false" data-series={lines.length} data-points={told.points}>
        {formatNumber(told.points)} {told.points === 1 ? "point" : "points"}, none a finite number, first at step {formatNumber(told.firstStep)}
      </p>
    );
  }
  if (single(lines, bands)) {
    const shown = lines.filter((line) => line.ys.length > 0);
    const runs = { ids: shown.map((line) => line.id), labels: shown.map((line) => line.label), colours: shown.map((line) => line.colour) };
    return (
      <Suspense fallback={<div className={s.bar} />}>
        <div ref={box}>
          <Bars {...{ name, runs }} height={room} x={null} y={{ id: name, name, values: shown.map((line) => line.logged[0] ?? null) }} lit={lit ?? []} onLit={onLit ?? ignore} />
        </div>
      </Suspense>
    );
  }
  return (
    <Suspense fallback={<div className={s.bar} />}>
      <LineChart
        {...{ name, unit, lines, bands, sync, span, onZoom, onUnclip, lit, onLit }}
        axis={settings.x}
        smoothing={settings.smooth}
        logX={settings.logX && settings.x !== "time"}
        logY={settings.logY}
        clip={settings.clip}
        zoom={settings.zoom}
        height={room}
        summary={lineWords(name, lines, bands)}
      />
    </Suspense>
  );
}

/** What is drawn, as numbers. */
function sheetOf(lines: readonly Line[], bands: readonly Band[], settings: ChartSettings): Sheet {
  const axis = settings.x;
  const place = (x: number): Field => (axis === "time" ? formatTime(x * 1000) : x);
  if (bands.length) {
    const rows = bands.flatMap((band) => band.xs.map((x, i) => [band.label, place(x), band.middle[i] ?? null, band.low[i] ?? null, band.high[i] ?? null, band.least[i] ?? null, band.greatest[i] ?? null]));
    return { head: ["runs", axisName(axis), settings.draw === "mean" ? "mean" : "median", "low", "high", "least", "greatest"], rows };
  }
  const many = lines.length > 1;
  const rows = lines.flatMap((line) =>
    line.xs.map((x, i): Field[] => [...(many ? [line.label] : []), line.steps[i] ?? null, ...(axis === "step" ? [] : [place(x)]), line.logged[i] ?? null]),
  );
  return { head: [...(many ? ["run"] : []), "step", ...(axis === "step" ? [] : [axisName(axis)]), "value"], rows };
}
