import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { runQuery } from "../../api/runs";
import { seriesQuery } from "../../api/series";
import type { MetricSummary, RunDetail } from "../../api/schema.gen";
import { Board } from "../../charts/Board";
import { ChartCard } from "../../charts/ChartCard";
import { type Line, stepsBetween, toLine } from "../../charts/lines";
import type { ChartSettings } from "../../charts/settings";
import { exactNumber, formatNumber } from "../../lib/format";
import { COLOUR_TAG, runColour } from "../../lib/palette";
import { Empty } from "../../ui/Empty";
import s from "./Run.module.css";

/** About two points for each pixel of a wide card. */
const POINTS = 1000;

/** Metrics that are offered as an x axis. */
const MOST_AXES = 200;

interface Props {
  runId: string;
  system: boolean;
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
}

/** Charts of one run: what it measured, or what its machine did. */
export function RunCharts({ runId, system, settings, onChange }: Props) {
  const { data: run } = useQuery(runQuery(runId));
  const metrics = (run?.metrics ?? []).filter((metric) => metric.key.startsWith("system/") === system);
  const byKey = new Map(metrics.map((metric) => [metric.key, metric]));
  if (!run) return null;
  if (metrics.length === 0) {
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
  const isTile = (key: string) => byKey.get(key)?.count === 1;
  return (
    <Board
      keys={[...byKey.keys()]}
      settings={settings}
      onChange={onChange}
      isTile={isTile}
      along={system ? [] : [...byKey.values()].filter((metric) => metric.count > 1).map((metric) => metric.key).slice(0, MOST_AXES)}
      render={(key) => {
        const metric = byKey.get(key);
        if (metric && isTile(key)) return <Tile metric={metric} />;
        return metric && <MetricChart key={key} {...{ run, metric, settings, onChange }} />;
      }}
    />
  );
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

function MetricChart({ run, metric, settings, onChange }: {
  run: RunDetail;
  metric: MetricSummary;
  settings: ChartSettings;
  onChange: (settings: ChartSettings) => void;
}) {
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
