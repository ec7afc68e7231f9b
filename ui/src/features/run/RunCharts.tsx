import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useCurve } from "../../api/curves";
import { experimentQuery } from "../../api/experiments";
import { LISTED, METRICS, metricsQuery, type MetricsSpec } from "../../api/metrics";
import { runQuery } from "../../api/runs";
import type { MetricSummary, RunDetail, SeriesPoints } from "../../api/schema.gen";
import { ChartCard } from "../../charts/ChartCard";
import { Controls } from "../../charts/Controls";
import { PanelRows } from "../../charts/PanelRows";
import { panelSections } from "../../charts/sections";
import { alongOf, type Line, stepsBetween, timeSpan, toLine } from "../../charts/lines";
import type { ChartSettings, OnSettings } from "../../charts/settings";
import { turned } from "../../lib/change";
import { exactNumber, formatNumber } from "../../lib/format";
import { COLOUR_TAG, runColour } from "../../lib/palette";
import { Button } from "../../ui/Button";
import { Empty, Waiting } from "../../ui/Empty";
import s from "./Run.module.css";

/** About two points for each pixel of a wide card. */
const POINTS = 1000;

interface Props {
  runId: string;
  system: boolean;
  settings: ChartSettings;
  onChange: OnSettings;
  /** A metric of the run that is drawn above its system metrics, on their time axis. */
  above?: string | undefined;
  onAbove?: ((key: string) => void) | undefined;
}

/** Charts of one run: what it measured, or what its machine did. The server searches and sends those that are seen. */
export function RunCharts({ runId, system, settings, onChange, above = "", onAbove }: Props) {
  const { data: run } = useQuery(runQuery(runId));
  const spec: MetricsSpec = { contains: settings.find, part: system ? "system" : "own", by: "section" };
  const { data: first } = useQuery(metricsQuery(runId, spec));
  const panels = useMemo(() => panelSections(first?.sections ?? []), [first?.sections]);
  const own = useQuery({ ...metricsQuery(runId, { contains: above, part: "own", by: "key" }), enabled: system && above !== "" });
  const lead = system && above ? own.data?.metrics.find((metric) => metric.key === above) : undefined;
  // The machine's charts lie on one stretch of time, the metric above them too, so that what happened at once stands in one column.
  const timed = useMemo(() => (system && first ? [...first.metrics, ...(lead ? [lead] : [])] : []), [system, first, lead]);
  const span = useMemo(() => timeSpan(timed, settings.x, run?.info.start_time ?? null), [timed, settings.x, run?.info.start_time]);
  if (!run || !first) return <Waiting what="the metrics" />;
  if ((system ? first.system : first.own) === 0) return <Nothing system={system} />;
  const along = system ? [] : first.metrics.filter((metric) => metric.count > 1).map((metric) => metric.key);
  return (
    <>
      <Controls settings={settings} onChange={onChange} metrics={along}>
        {onAbove && <Above runId={runId} above={above} onAbove={onAbove} />}
      </Controls>
      {lead && (
        <div className={s.lead}>
          <MetricChart key={lead.key} metric={lead} {...{ run, span, settings, onChange }} />
        </div>
      )}
      {panels.length === 1 && <h2 className="hidden-word">Charts</h2>}
      {first.matched === 0 && (
        <Empty icon="search" title="No metric has this in its name">
          <Button onClick={() => onChange({ find: "" })}>Clear the search</Button>
        </Empty>
      )}
      <PanelRows
        sections={panels}
        folded={new Set(settings.fold)}
        onFold={(name) => onChange((now) => ({ fold: turned(now.fold, name) }))}
        render={(panel) => <MetricPanel {...{ run, spec, span, settings, onChange }} place={Number(panel.id)} />}
      />
    </>
  );
}

function Nothing({ system }: { system: boolean }) {
  return system ? (
    <Empty icon="run" title="No system metrics">
      <p>
        <code>runstone.start_run(log_system_metrics=True)</code> records CPU, memory, disk, network and GPU.
      </p>
    </Empty>
  ) : (
    <Empty icon="run" title="No metrics yet">
      <p>Charts appear here by themselves when the run logs its first metric.</p>
    </Empty>
  );
}

/** Which metric of the run stands above those of its machine. */
function Above({ runId, above, onAbove }: { runId: string; above: string; onAbove: (key: string) => void }) {
  const { data } = useQuery(metricsQuery(runId, LISTED));
  const keys = data?.metrics.filter((metric) => metric.count > 1).map((metric) => metric.key) ?? [];
  return (
    <label>
      Beside
      <select aria-label="Metric on the same time axis" value={above} onChange={(event) => onAbove(event.target.value)}>
        <option value="">no metric</option>
        {[...(above && !keys.includes(above) ? [above] : []), ...keys].map((key) => (
          <option key={key}>{key}</option>
        ))}
      </select>
    </label>
  );
}

interface Drawn {
  run: RunDetail;
  span: readonly [number, number] | undefined;
  settings: ChartSettings;
  onChange: OnSettings;
}

/** Whatever metric is in this place. */
function MetricPanel({ spec, place, ...drawn }: Drawn & { spec: MetricsSpec; place: number }) {
  const { data } = useQuery(metricsQuery(drawn.run.info.run_id, spec, place));
  const metric = data?.metrics[place % METRICS];
  const unit = useQuery(experimentQuery(drawn.run.info.experiment_id)).data?.metrics[metric?.key ?? ""]?.unit;
  if (!metric) return <section className={s.tile} aria-busy="true" />;
  return metric.count === 1 ? <Tile {...{ metric, unit }} /> : <MetricChart key={metric.key} metric={metric} {...drawn} />;
}

/** A metric that was measured once. */
function Tile({ metric, unit }: { metric: MetricSummary; unit?: string | undefined }) {
  return (
    <section className={s.tile} aria-label={metric.key}>
      <h3 title={metric.key} dir="auto">
        {metric.key}
      </h3>
      <strong title={exactNumber(metric.last)}>{formatNumber(metric.last)}</strong>
      {unit && <small>{unit}</small>}
    </section>
  );
}

function MetricChart({ run, metric, span, settings, onChange }: Drawn & { metric: MetricSummary }) {
  const { info } = run;
  const unit = useQuery(experimentQuery(info.experiment_id)).data?.metrics[metric.key]?.unit;
  const key = metric.key;
  const ids = useMemo(() => [info.run_id], [info.run_id]);
  const start = info.start_time;
  const name = info.run_name || info.run_id.slice(0, 8);
  const colour = runColour(info.ordinal ?? 0, info.experiment_id, run.tags[COLOUR_TAG]);
  const lines = useCallback(
    (points: readonly SeriesPoints[], xs: readonly SeriesPoints[] | undefined): Line[] => points.map((one) => toLine(one, settings.x, start, { label: name, colour }, xs?.[0])),
    [settings.x, start, name, colour],
  );
  const curve = useCurve({ ids, metric: key, points: POINTS, along: alongOf(settings.x), zoom: settings.zoom, lines, between: stepsBetween });
  return (
    <ChartCard
      {...{ name: key, unit }}
      lines={curve.lines}
      error={curve.error}
      settings={settings}
      span={span}
      sync={`run-${settings.x}`}
      value={formatNumber(metric.last)}
      onZoom={(next) => {
        curve.ahead(next);
        onChange({ zoom: next });
      }}
      onUnclip={() => onChange({ clip: false })}
    />
  );
}
