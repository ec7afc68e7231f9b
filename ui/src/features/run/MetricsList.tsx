import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { LISTED, METRICS, metricsQuery, type MetricsSpec } from "../../api/metrics";
import { experimentQuery } from "../../api/experiments";
import { runQuery } from "../../api/runs";
import type { Meaning } from "../../api/schema.gen";
import { lowerIsBetter } from "../../lib/direction";
import { exactNumber, formatCount, formatNumber } from "../../lib/format";
import { SearchField } from "../../ui/Field";
import { Block } from "./Block";
import s from "./Run.module.css";

const ROW = 32;
const NOTHING: Readonly<Record<string, Meaning>> = {};
/** From so many on, a search field helps. */
const MANY = 10;

/** What the run measured: the server searches its metrics and sends those that are seen. */
export function MetricsList({ runId }: { runId: string }) {
  const [find, setFind] = useState("");
  const spec: MetricsSpec = { ...LISTED, contains: find };
  const { data: first } = useQuery(metricsQuery(runId, spec));
  const total = first?.own ?? 0;
  const shown = first?.matched ?? 0;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 4,
    initialRect: { width: 600, height: 380 },
  });
  if (first && total === 0) {
    return (
      <Block title="Metrics">
        <p className={s.faint}>No metric was logged yet.</p>
      </Block>
    );
  }
  return (
    <Block
      title="Metrics"
      {...(first ? { count: total } : {})}
      tools={
        total > MANY && (
          <div className={s.search}>
            <SearchField label="Search metrics" data-main-search value={find} onChange={(event) => setFind(event.target.value)} />
          </div>
        )
      }
    >
      <div
        ref={scroller}
        className={s.metrics}
        role="table"
        aria-label="Metrics"
        aria-rowcount={shown + 1}
        tabIndex={0}
        data-testid="metrics-list"
      >
        <div role="row" className={s.metricHead}>
          <span role="columnheader">Metric</span>
          <span role="columnheader">Last</span>
          <span role="columnheader">Best</span>
          <span role="columnheader">At step</span>
          <span role="columnheader">Points</span>
        </div>
        <div role="rowgroup" style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => (
            <Row key={item.key} runId={runId} spec={spec} top={item.start} index={item.index} />
          ))}
        </div>
      </div>
    </Block>
  );
}

function Row({ runId, spec, top, index }: { runId: string; spec: MetricsSpec; top: number; index: number }) {
  const { data } = useQuery(metricsQuery(runId, spec, index));
  const { data: run } = useQuery(runQuery(runId));
  const said = useQuery({ ...experimentQuery(run?.info.experiment_id ?? ""), enabled: run !== undefined }).data?.metrics ?? NOTHING;
  const metric = data?.metrics[index % METRICS];
  if (!metric) return <div role="row" aria-rowindex={index + 2} aria-busy="true" className={s.metric} style={{ transform: `translateY(${top}px)` }} />;
  const low = lowerIsBetter(metric.key, said[metric.key]?.direction);
  const best = low ? metric.min : metric.max;
  const at = low ? metric.min_step : metric.max_step;
  return (
    <div role="row" aria-rowindex={index + 2} className={s.metric} style={{ transform: `translateY(${top}px)` }} data-testid="metric-row">
      <span role="rowheader" title={metric.key}>
        <Link to="/runs/$runId/metrics" params={{ runId }} search={{ find: metric.key }} dir="auto">
          {metric.key}
        </Link>
      </span>
      <span role="cell" title={`${exactNumber(metric.last)}${metric.mean === null ? "" : `, on average ${exactNumber(metric.mean)}`}`}>
        <strong>{formatNumber(metric.last)}</strong> {said[metric.key]?.unit && <span className={s.faint}>{said[metric.key]?.unit}</span>}
      </span>
      <span role="cell" title={best === null ? "every value is NaN" : `${low ? "smallest" : "greatest"}: ${exactNumber(best)}`}>
        {best === null ? "–" : formatNumber(best)} <span className={s.faint}>{low ? "↓" : "↑"}</span>
      </span>
      <span role="cell">{at === null ? "–" : formatCount(at)}</span>
      <span role="cell" className={s.faint}>
        {formatCount(metric.count)}
      </span>
    </div>
  );
}
