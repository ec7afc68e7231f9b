/** Charts beside the table: of the same runs, by the same filter, with the same selection. */

import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Controls } from "../../../charts/Controls";
import { CARD_HEIGHT } from "../../../charts/ChartCard";
import { PanelRows } from "../../../charts/PanelRows";
import { sections } from "../../../charts/sections";
import { readSettings, writeSettings } from "../../../charts/settings";
import { formatCount, plural } from "../../../lib/format";
import { Button } from "../../../ui/Button";
import { Empty } from "../../../ui/Empty";
import type { Hover } from "../hover";
import type { useRunsPage } from "../useRunsPage";
import type { RunsSearch } from "../view";
import s from "../Split.module.css";
import { MetricPanel, type PanelContext } from "./MetricPanel";
import { drawsBands } from "./useMetricLines";
import { MOST_RUNS, type RunFilter, useLooks, useRunSet } from "./useRunSet";

export interface ChartsPanelProps {
  page: ReturnType<typeof useRunsPage>;
  experiments: readonly string[];
  search: RunsSearch;
  onSearch: (change: RunsSearch) => void;
  hover: Hover;
}

/** Selected runs that are drawn on top. */
const MOST_ON_TOP = 20;
/** Milliseconds until the curve of a run under the mouse is asked for. */
const DWELL = 120;

export function ChartsPanel({ page, search, onSearch, hover }: ChartsPanelProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const settings = useMemo(() => readSettings(search, "step", true), [search]);
  const { spec } = page;
  const filter = useMemo<RunFilter | null>(() => spec && { experiment_ids: spec.experiment_ids, filter: spec.filter, view: spec.view }, [spec]);
  const steady = useSteady(filter);
  const set = useRunSet(steady);
  const hovered = useSyncExternalStore(hover.subscribe, hover.get);
  const dwelt = useDwelt(hovered);
  const chosen = useMemo(() => [...page.selected].slice(0, MOST_ON_TOP), [page.selected]);
  const top = useMemo(() => (dwelt && !chosen.includes(dwelt) ? [...chosen, dwelt] : chosen), [chosen, dwelt]);
  const looks = useLooks(top, set, steady);
  const lit = useDeferredValue(useMemo(() => (hovered && !chosen.includes(hovered) ? [...chosen, hovered] : chosen), [chosen, hovered]));
  const change = useCallback((next: typeof settings) => onSearch(writeSettings(next)), [onSearch]);
  const context: PanelContext = { set, filter: steady, settings, onSettings: change, top, looks, lit, onLit: (id) => hover.set(id?.startsWith("group:") ? null : id) };
  const keys = useMemo(() => page.metrics.map((one) => one.key), [page.metrics]);
  const groups = sections(keys, settings.find).map(({ name, keys: found }) => ({ name, panels: found.map((key) => ({ id: key, wide: 1, tall: CARD_HEIGHT })) }));
  const fold = (name: string) => change({ ...settings, fold: settings.fold.includes(name) ? settings.fold.filter((one) => one !== name) : [...settings.fold, name] });
  return (
    <section ref={scroller} className={s.charts} aria-label="Charts" data-testid="charts-panel">
      <Controls settings={settings} onChange={change} metrics={keys.slice(0, 200)} params={page.params.map((one) => one.key).slice(0, 200)}>
        <small data-testid="charts-runs">{runWords(set.matched, set.ids.length, drawsBands(settings, set.matched))}</small>
      </Controls>
      {groups.length === 1 && <h2 className="hidden-word">Charts</h2>}
      {keys.length > 0 && groups.length === 0 && (
        <Empty icon="search" title="No metric has this in its name">
          <Button onClick={() => change({ ...settings, find: "" })}>Clear the search</Button>
        </Empty>
      )}
      {keys.length === 0 && page.ready && (
        <Empty icon="run" title="No metrics yet">
          <p>Charts appear here by themselves when a run logs its first metric.</p>
        </Empty>
      )}
      <PanelRows
        sections={groups}
        folded={new Set(settings.fold)}
        onFold={fold}
        scroller={() => scroller.current}
        render={(panel) => <MetricPanel key={panel.id} metric={panel.id} context={context} />}
      />
    </section>
  );
}

function runWords(matched: number, drawn: number, banded: boolean): string {
  if (banded || matched <= drawn) return plural(matched, "run");
  return `newest ${formatCount(Math.min(drawn, MOST_RUNS))} of ${plural(matched, "run")}`;
}

/** The same object as long as it says the same. */
function useSteady<T>(value: T): T {
  const kept = useRef(value);
  if (JSON.stringify(kept.current) !== JSON.stringify(value)) kept.current = value;
  return kept.current;
}

function useDwelt(hovered: string | null): string | null {
  const [dwelt, setDwelt] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setDwelt(hovered), DWELL);
    return () => clearTimeout(timer);
  }, [hovered]);
  return dwelt;
}
