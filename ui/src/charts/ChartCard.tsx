/** A chart with its title, its last value, its data as a table. */

import { lazy, Suspense, useState } from "react";
import { exactNumber, formatNumber, formatTime } from "../lib/format";
import { IconButton } from "../ui/Button";
import s from "./ChartCard.module.css";
import { type Line, summarise } from "./lines";
import type { ChartSettings } from "./settings";

const LineChart = lazy(() => import("./LineChart").then((module) => ({ default: module.LineChart })));

export const CARD_HEIGHT = 256;
const HEAD = 38;

export interface ChartCardProps {
  name: string;
  /** Undefined while nothing has come. */
  lines: readonly Line[] | undefined;
  error: Error | null;
  settings: ChartSettings;
  sync: string;
  value?: string;
  onZoom: (range: readonly [number, number] | null) => void;
}

export function ChartCard({ name, lines, error, settings, sync, value, onZoom }: ChartCardProps) {
  const [data, setData] = useState(false);
  return (
    <section
      className={s.card}
      style={{ height: CARD_HEIGHT }}
      aria-label={name}
      onKeyDown={(event) => {
        if (event.key === "d") setData(!data);
        else if (event.key === "0") onZoom(null);
        else return;
        event.stopPropagation();
      }}
    >
      <div className={s.head}>
        <h3 title={name} dir="auto">
          {name}
        </h3>
        {value && <span className={s.value}>{value}</span>}
        {settings.zoom && <IconButton icon="reset" label={`Reset the zoom of ${name} (0)`} onClick={() => onZoom(null)} />}
        <IconButton
          icon="table"
          label={`${data ? "Chart" : "Data"} of ${name} (d)`}
          aria-pressed={data}
          onClick={() => setData(!data)}
          style={value ? undefined : { marginLeft: "auto" }}
        />
      </div>
      <Body {...{ name, lines, error, settings, sync, onZoom, data }} />
    </section>
  );
}

function Body({ name, lines, error, settings, sync, onZoom, data }: ChartCardProps & { data: boolean }) {
  if (error && !lines) return <p className={s.note}>{error.message}</p>;
  if (!lines) return <div className={s.bar} />;
  const told = summarise(lines);
  if (told.points === 0) return <p className={s.note}>No points in this range</p>;
  if (data) return <DataTable lines={lines} axis={settings.x} />;
  if (told.numbers === 0) {
    return (
      <p className={s.note} data-testid="chart" data-drawn="false" data-series={lines.length} data-points={told.points}>
        {formatNumber(told.points)} {told.points === 1 ? "point" : "points"}, none a finite number, first at step {formatNumber(told.firstStep)}
      </p>
    );
  }
  if (lines.every((line) => line.ys.length <= 1)) return <Bars name={name} lines={lines} max={told.max} />;
  return (
    <Suspense fallback={<div className={s.bar} />}>
      <LineChart
        {...{ name, lines, sync, onZoom }}
        axis={settings.x}
        smoothing={settings.smooth}
        logX={settings.logX && settings.x !== "time"}
        logY={settings.logY}
        zoom={settings.zoom}
        height={CARD_HEIGHT - HEAD}
      />
    </Suspense>
  );
}

/** One value each: bars say it better than dots. */
function Bars({ name, lines, max }: { name: string; lines: readonly Line[]; max: number | null }) {
  const shown = lines.filter((line) => line.ys.length > 0);
  const most = Math.max(...shown.map((line) => Math.abs(line.ys[0] ?? 0))) || 1;
  return (
    <ul
      className={s.bars}
      tabIndex={0}
      aria-label={name}
      data-testid="chart"
      data-chart={name}
      data-drawn="true"
      data-series={shown.length}
      data-points={shown.length}
      data-max={max ?? ""}
    >
      {shown.map((line) => (
        <li key={line.id}>
          <span className={s.who} title={line.label} dir="auto">
            {line.label}
          </span>
          <b title={exactNumber(line.ys[0])}>{line.ys[0] === null ? "NaN" : formatNumber(line.ys[0])}</b>
          <i style={{ width: `${(Math.abs(line.ys[0] ?? 0) / most) * 100}%`, background: line.colour }} />
        </li>
      ))}
    </ul>
  );
}

const MOST = 200;

function DataTable({ lines, axis }: { lines: readonly Line[]; axis: ChartSettings["x"] }) {
  const rows = lines.flatMap((line) => line.xs.map((x, i) => ({ line, x, y: line.ys[i] ?? null, step: line.steps[i] ?? 0 })));
  return (
    <div className={s.data} tabIndex={0} role="region" aria-label="Data of the chart">
      <table>
        <thead>
          <tr>
            {lines.length > 1 && <th scope="col">run</th>}
            <th scope="col">step</th>
            {axis !== "step" && <th scope="col">{axis === "time" ? "time" : "seconds"}</th>}
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST).map((row, i) => (
            <tr key={i}>
              {lines.length > 1 && <td>{row.line.label}</td>}
              <td>{formatNumber(row.step)}</td>
              {axis !== "step" && <td>{axis === "time" ? formatTime(row.x * 1000) : formatNumber(row.x)}</td>}
              <td>{row.y === null ? "NaN" : exactNumber(row.y)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST && <p className={s.note}>{formatNumber(rows.length - MOST)} more points are drawn</p>}
    </div>
  );
}
