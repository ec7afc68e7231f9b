import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { METRICS, metricsQuery, type MetricsSpec } from "../../api/metrics";
import { runQuery } from "../../api/runs";
import { seriesQuery } from "../../api/series";
import type { MetricSummary, RunDetail } from "../../api/schema.gen";
import { toggled } from "../../charts/Board";
import { ChartCard } from "../../charts/ChartCard";
import { Controls } from "../../charts/Controls";
import { PanelRows } from "../../charts/PanelRows";
import { panelSections } from "../../charts/sections";
import { type Line, stepsBetween, toLine } from "../../charts/lines";
import type { ChartSettings } from "../../charts/settings";
import { exactNumber, formatNumber } from "../../lib/format";
import { COLOUR_TAG, runColour } from "../../lib/palette";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import s from "./Run.module.css";

/** About two points for each pixel of a wide card. */
const POINTS = 1000;

interface Props {
  runId: string;
  system: boolean;
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
}

/** Charts of one run: what it measured, or what its machine did. The server searches and sends those that are seen. */
export function RunCharts({ runId, system, settings, onChange }: Props) {
  const { data: run } = useQuery(runQuery(runId));
  const spec: MetricsSpec = { contains: settings.find, part: system ? "system" : "own", by: "section" };
  const { data: first } = useQuery(metricsQuery(runId, spec));
  const panels = useMemo(() => panelSections(first?.sections ?? []), [first?.sections]);
  if (!run || !first) return null;
  if ((system ? first.system : first.own) === 0) return <Nothing system={system} />;
  const along = system ? [] : first.metrics.filter((metric) => metric.count > 1).map((metric) => metric.key);
  return (
    <>
      <Controls settings={settings} onChange={onChange} metrics={along} />
      {panels.length === 1 && <h2 className="hidden-word">Charts</h2>}
      {first.matched === 0 && (
        <Empty icon="search" title="No metric has this in its name">
          <Button onClick={() => onChange({ ...settings, find: "" })}>Clear the search</Button>
        </Empty>
      )}
      <PanelRows
        sections={panels}
        folded={new Set(settings.fold)}
        onFold={(name) => onChange({ ...settings, fold: toggled(settings.fold, name) })}
        render={(panel) => <MetricPanel {...{ run, spec, settings, onChange }} place={Number(panel.id)} />}
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

interface Drawn {
  run: RunDetail;
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
}

/** Whatever metric is in this place. */
function MetricPanel({ spec, place, ...drawn }: Drawn & { spec: MetricsSpec; place: number }) {
  const { data } = useQuery(metricsQuery(drawn.run.info.run_id, spec, place));
  const metric = data?.metrics[place % METRICS];
  if (!metric) return <section className={s.tile} aria-busy="true" />;
  return metric.count === 1 ? <Tile metric={metric} /> : <MetricChart key={metric.key} metric={metric} {...drawn} />;
}

/** A metric that was measured once. */
function Tile({ metric }: { metric: MetricSummary }) {
  return (
    <section className={s.tile} aria-label={metric.key}>
      <h3 title={metric.key} dir="auto">
        {metric.key}
      </h3>
      <strong title={exactNumber(metric.last)}>{formatNumber(metric.last)}</strong>
    </section>
  );
}

function MetricChart({ run, metric, settings, onChange }: Drawn & { metric: MetricSummary }) {
  const { info } = run;
  const key = metric.key;
  const zoom = settings.zoom;
  const ids = useMemo(() => [info.run_id], [info.run_id]);
  const whole = useQuery(seriesQuery(ids, key, POINTS));
  const start = info.start_time;
  const name = info.run_name || info.run_id.slice(0, 8);
  const colour = runColour(info.ordinal ?? 0, run.tags[COLOUR_TAG]);
  const along = settings.x.startsWith("metrics.") ? settings.x.slice("metrics.".length) : null;
  const wholeX = useQuery({ ...seriesQuery(ids, along ?? "", POINTS), enabled: along !== null });
  const lineOf = useCallback(
    (points: typeof whole.data, xs: typeof whole.data): Line[] | undefined =>
      along !== null && !xs ? undefined : points?.map((one) => toLine(one, settings.x, start, { label: name, colour }, xs?.[0])),
    [settings.x, along, start, name, colour],
  );
  const wholeLines = useMemo(() => lineOf(whole.data, wholeX.data), [lineOf, whole.data, wholeX.data]);
  const wanted = useMemo(() => (zoom && wholeLines ? stepsBetween(wholeLines, zoom[0], zoom[1]) : null), [zoom, wholeLines]);
  const thinned = whole.data?.some((one) => one.total > one.steps.length) ?? false;
  const finer = useQuery({ ...seriesQuery(ids, key, POINTS, wanted), enabled: thinned && wanted !== null });
  const finerX = useQuery({ ...seriesQuery(ids, along ?? "", POINTS, wanted), enabled: thinned && wanted !== null && along !== null });
  const finerLines = useMemo(
    () => (thinned && wanted && !finer.isPlaceholderData && !finerX.isPlaceholderData ? lineOf(finer.data, finerX.data) : undefined),
    [lineOf, finer, finerX, thinned, wanted],
  );
  return (
    <ChartCard
      name={key}
      lines={finerLines ?? wholeLines}
      error={whole.error}
      settings={settings}
      sync={`run-${settings.x}`}
      value={formatNumber(metric.last)}
      onZoom={(next) => onChange({ ...settings, zoom: next })}
      onUnclip={() => onChange({ ...settings, clip: false })}
    />
  );
}
