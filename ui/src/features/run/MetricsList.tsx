import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { MetricSummary } from "../../api/schema.gen";
import { natural } from "../../lib/natural";
import { lowerIsBetter } from "../../lib/direction";
import { exactNumber, formatCount, formatNumber } from "../../lib/format";
import { SearchField } from "../../ui/Field";
import { Block } from "./Block";
import s from "./Run.module.css";

const ROW = 32;
/** From so many on, a search field helps. */
const MANY = 10;

export function MetricsList({ runId, metrics }: { runId: string; metrics: readonly MetricSummary[] }) {
  const [find, setFind] = useState("");
  const own = useMemo(
    () => metrics.filter((metric) => !metric.key.startsWith("system/")).sort((a, b) => natural(a.key, b.key)),
    [metrics],
  );
  const shown = own.filter((metric) => metric.key.toLowerCase().includes(find.toLowerCase()));
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 4,
    initialRect: { width: 600, height: 380 },
  });
  if (own.length === 0) {
    return (
      <Block title="Metrics">
        <p className={s.faint}>No metric was logged yet.</p>
      </Block>
    );
  }
  return (
    <Block
      title="Metrics"
      count={own.length}
      tools={
        own.length > MANY && (
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
        aria-rowcount={shown.length + 1}
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
          {rows.getVirtualItems().map((item) => {
            const metric = shown[item.index];
            return metric && <Row key={metric.key} runId={runId} metric={metric} top={item.start} index={item.index} />;
          })}
        </div>
      </div>
    </Block>
  );
}

function Row({ runId, metric, top, index }: { runId: string; metric: MetricSummary; top: number; index: number }) {
  const low = lowerIsBetter(metric.key);
  const best = low ? metric.min : metric.max;
  const at = low ? metric.min_step : metric.max_step;
  return (
    <div role="row" aria-rowindex={index + 2} className={s.metric} style={{ transform: `translateY(${top}px)` }} data-testid="metric-row">
      <span role="rowheader" title={metric.key}>
        <Link to="/runs/$runId/metrics" params={{ runId }} search={{ find: metric.key }} dir="auto">
          {metric.key}
        </Link>
      </span>
      <span role="cell" title={exactNumber(metric.last)}>
        <strong>{formatNumber(metric.last)}</strong>
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
