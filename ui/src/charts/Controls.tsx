/** One set of controls for all charts of a page. */

import { memo, useState } from "react";
import { Button } from "../ui/Button";
import { SearchField } from "../ui/Field";
import s from "./Board.module.css";
import type { XAxis } from "./lines";
import type { ChartSettings, Draw, OnSettings } from "./settings";
import { NO_SMOOTHING, type SmoothKind } from "./smooth";

const AXES: readonly (readonly [XAxis, string])[] = [
  ["step", "Step"],
  ["relative", "Time since the start"],
  ["time", "Time of day"],
];
const SMOOTHINGS: Readonly<Record<SmoothKind, string>> = { ema: "Exponential", gauss: "Gaussian in steps", mean: "Running mean in steps" };
const DRAWS: Readonly<Record<Draw, string>> = { auto: "By their number", lines: "Each a line", band: "Median, 10–90 %", mean: "Mean ± 95 % interval" };

interface Props {
  settings: ChartSettings;
  onChange: OnSettings;
  /** Metrics that may be the x axis. */
  metrics?: readonly string[] | undefined;
  /** Params by whose values runs are grouped; given where many runs are drawn. */
  params?: readonly string[] | undefined;
}

export function Controls({ children, ...props }: Props & { children?: React.ReactNode }) {
  return (
    <div className={s.tools} role="group" aria-label="How the charts are drawn" data-screen-only>
      <Fields {...props} />
      {children}
    </div>
  );
}

/** Not drawn anew when only the charts are: there are often a hundred metrics to choose from. */
const Fields = memo(function Fields({ settings, onChange: set, metrics = [], params }: Props) {
  const [open, setOpen] = useState(false);
  const own = settings.x.startsWith("metrics.") && !metrics.includes(settings.x.slice(8)) ? [settings.x.slice(8)] : [];
  return (
    <>
      <SearchField label="Search metrics" data-main-search value={settings.find} onChange={(event) => set({ find: event.target.value })} />
      <SmoothAmount settings={settings} set={set} />
      <span className={s.fold}>
        <Button kind="quiet" icon={open ? "down" : "right"} aria-expanded={open} onClick={() => setOpen(!open)}>
          {params ? "Axes and groups" : "Axes"}
        </Button>
      </span>
      <span className={s.more} data-open={open || undefined}>
        <SmoothKindField settings={settings} set={set} />
        <label>
          x
          <select aria-label="x axis" value={settings.x} onChange={(event) => set({ x: event.target.value as XAxis, zoom: null })}>
            {AXES.map(([axis, name]) => (
              <option key={axis} value={axis}>
                {name}
              </option>
            ))}
            {[...own, ...metrics].map((key) => (
              <option key={key} value={`metrics.${key}`}>
                {key}
              </option>
            ))}
          </select>
        </label>
        {params && <GroupControl settings={settings} set={set} params={params} />}
        <label>
          <input type="checkbox" checked={settings.logY} onChange={(event) => set({ logY: event.target.checked })} /> log y
        </label>
        <label>
          <input type="checkbox" checked={settings.logX} disabled={settings.x === "time"} onChange={(event) => set({ logX: event.target.checked, zoom: null })} /> log x
        </label>
        <label title="Leave out of the axis what lies far from the rest; the chart says how many points that are">
          <input type="checkbox" checked={settings.clip} onChange={(event) => set({ clip: event.target.checked })} /> clip outliers
        </label>
      </span>
      {settings.zoom && (
        <Button kind="quiet" icon="reset" onClick={() => set({ zoom: null })}>
          Reset zoom
        </Button>
      )}
    </>
  );
});

interface Part {
  settings: ChartSettings;
  set: OnSettings;
}

function SmoothKindField({ settings: { smooth }, set }: Part) {
  return (
    <select
      aria-label="Smoothing kind"
      value={smooth.kind}
      onChange={(event) => {
        const kind = event.target.value as SmoothKind;
        set({ smooth: kind === "ema" ? NO_SMOOTHING : { kind, amount: smooth.kind === "ema" ? 10 : smooth.amount } });
      }}
    >
      {Object.entries(SMOOTHINGS).map(([kind, name]) => (
        <option key={kind} value={kind}>
          {name}
        </option>
      ))}
    </select>
  );
}

function SmoothAmount({ settings: { smooth }, set }: Part) {
  if (smooth.kind !== "ema") {
    return (
      <label>
        Smoothing
        <input
          type="number"
          aria-label="Smoothing, width in steps"
          min={1}
          value={smooth.amount}
          onChange={(event) => Number(event.target.value) > 0 && set({ smooth: { ...smooth, amount: Number(event.target.value) } })}
        />
      </label>
    );
  }
  return (
    <label>
      Smoothing
      <input type="range" aria-label="Smoothing" min={0} max={0.99} step={0.01} value={smooth.amount} onChange={(event) => set({ smooth: { kind: "ema", amount: Number(event.target.value) } })} />
      <output className="num">{smooth.amount.toFixed(2)}</output>
    </label>
  );
}

function GroupControl({ settings, set, params }: Part & { params: readonly string[] }) {
  const by = settings.by[0] ?? "";
  const known = by && !params.includes(by.replace(/^params\./, "")) ? [by] : [];
  return (
    <>
      <label>
        Runs
        <select aria-label="Runs drawn" value={settings.draw} onChange={(event) => set({ draw: event.target.value as Draw })}>
          {Object.entries(DRAWS).map(([draw, name]) => (
            <option key={draw} value={draw}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Group by
        <select aria-label="Group by param" value={by} onChange={(event) => set({ by: event.target.value ? [event.target.value] : [] })}>
          <option value="">–</option>
          {known.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
          {params.map((key) => (
            <option key={key} value={`params.${key}`}>
              {key}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
