/** Charts beside the table: of the same runs, by the same filter, with the same selection. */

import type { QueryClient } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { drawsBands } from "../../../charts/bands";
import { linesAhead } from "../../../charts/ChartCard";
import { Controls } from "../../../charts/Controls";
import { PanelRows } from "../../../charts/PanelRows";
import { changedSettings, type OnSettings, readSettings } from "../../../charts/settings";
import { turned } from "../../../lib/change";
import { formatCount, plural } from "../../../lib/format";
import { Button } from "../../../ui/Button";
import { Empty } from "../../../ui/Empty";
import type { Hover } from "../hover";
import type { useRunsPage } from "../useRunsPage";
import type { OnSearch, RunsSearch } from "../view";
import s from "../Split.module.css";
import { asGrouped } from "./asGrouped";
import { AddChart } from "./AddChart";
import { MetricPanel, type PanelContext } from "./MetricPanel";
import { PanelSlot, PanelTools } from "./PanelTools";
import { RunPanel, titleOf } from "./RunPanel";
import { arrange, changeSpec, type Kind, moveSpec, type OnSpec, type PanelSpec, readSpecs, removedCount, writeSpecs } from "./specs";
import { suggest } from "./suggest";
import { MOST_RUNS, type RunFilter, setQuery, useLooks, useRunSet } from "./useRunSet";

export { SplitEdge } from "./SplitEdge";

export interface ChartsPanelProps {
  page: ReturnType<typeof useRunsPage>;
  experiments: readonly string[];
  search: RunsSearch;
  onSearch: OnSearch;
  hover: Hover;
}

/** Load what most charts are drawn with, and ask which runs they are about. */
export function ahead(client: QueryClient, filter: RunFilter | null): Promise<unknown> {
  if (filter) void client.prefetchQuery(setQuery(filter));
  return linesAhead();
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
  // A filter may be wrong until the table has its answer: so long the charts stay those of the last right one, as the rows do.
  const steady = useSteady(filter, page.rows.stale || page.rows.error !== null);
  const set = useRunSet(steady);
  const hovered = useSyncExternalStore(hover.subscribe, hover.get);
  const dwelt = useDwelt(hovered);
  const chosen = useMemo(() => [...page.selected].slice(0, MOST_ON_TOP), [page.selected]);
  const top = useMemo(() => (dwelt && !chosen.includes(dwelt) ? [...chosen, dwelt] : chosen), [chosen, dwelt]);
  const looks = useLooks(top, set, steady);
  const lit = useDeferredValue(useMemo(() => (hovered && !chosen.includes(hovered) ? [...chosen, hovered] : chosen), [chosen, hovered]));
  const change = useCallback<OnSettings>((part) => onSearch((now) => changedSettings(now, part, "step", true)), [onSearch]);
  // Grouped as the table is, unless the charts are grouped by themselves.
  const drawn = useMemo(() => asGrouped(settings, search.group, page.params), [settings, search.group, page.params]);
  const context: PanelContext = { set, filter: steady, settings: drawn, onSettings: change, top, looks, lit, meanings: page.meanings, onLit: (id) => hover.set(id?.startsWith("group:") ? null : id) };
  const keys = useMemo(() => page.metrics.map((one) => one.key), [page.metrics]);
  const axes = useMemo(() => ({ metrics: keys.slice(0, 200), params: page.params.map((one) => one.key).slice(0, 200) }), [keys, page.params]);
  const specs = useMemo(() => readSpecs(search.chart ?? ""), [search.chart]);
  const groupsOf = useCallback((now: readonly PanelSpec[]) => arrange(keys, settings.find, now, page.objective?.key), [keys, settings.find, page.objective?.key]);
  const groups = useMemo(() => groupsOf(specs), [groupsOf, specs]);
  const put = (next: (now: readonly PanelSpec[]) => readonly PanelSpec[]) => onSearch((now) => ({ chart: writeSpecs(next(readSpecs(now.chart ?? ""))) }));
  const known = { metrics: keys, params: page.params.filter((one) => one.distinct > 1).map((one) => one.key), objective: page.objective?.key ?? null };
  const add = (kind: Kind) => {
    put((now) => [suggest(kind, known), ...now]);
    scroller.current?.scrollTo({ top: 0 });
  };
  const move = (id: string, to: number) =>
    put((now) => {
      const section = groupsOf(now).find((one) => one.panels.some((panel) => panel.id === id));
      return section ? moveSpec(now, section, id, to) : now;
    });
  const removed = removedCount(specs);
  const fold = (name: string) => change((now) => ({ fold: turned(now.fold, name) }));
  return (
    <section ref={scroller} className={s.charts} aria-label="Charts" data-testid="charts-panel">
      <Controls settings={settings} onChange={change} {...axes}>
        <AddChart onAdd={add} />
        {removed > 0 && (
          <Button kind="quiet" icon="undo" onClick={() => put((now) => now.filter((spec) => !spec.off))}>
            {plural(removed, "removed chart")} back
          </Button>
        )}
        <small data-testid="charts-runs">{runWords(set.matched, set.ids.length, drawsBands(drawn, set.matched))}</small>
      </Controls>
      {groups.length === 1 && <h2 className="hidden-word">Charts</h2>}
      {keys.length > 0 && groups.length === 0 && (
        <Empty icon="search" title="No metric has this in its name">
          <Button onClick={() => change({ find: "" })}>Clear the search</Button>
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
        render={(panel, columns) => {
          const section = groups.find((one) => one.panels.some((other) => other.id === panel.id));
          const spec = section?.panels.find((one) => one.id === panel.id)?.spec;
          if (!section || !spec) return null;
          const at = section.panels.findIndex((one) => one.id === panel.id);
          const onSpec: OnSpec = (next) => put((now) => changeSpec(now, panel.id, next));
          const name = spec.m ?? titleOf(spec);
          const tools = <PanelTools {...{ name, spec, onSpec }} id={panel.id} choices={known} onMove={(step) => move(panel.id, at + step)} />;
          return (
            <PanelSlot
              key={panel.id}
              {...{ columns, spec, onSpec }}
              id={panel.id}
              onDropped={(id) => section.panels.some((one) => one.id === id) && move(id, at)}
            >
              {spec.m === undefined ? (
                <RunPanel {...{ spec, context, tools, onSpec }} onFilter={(text) => page.change({ filter: text })} onOpen={page.open} />
              ) : (
                <MetricPanel metric={spec.m} context={context} height={spec.tall} tools={tools} onFilter={(text) => page.change({ filter: text })} onOpen={page.open} />
              )}
            </PanelSlot>
          );
        }}
      />
    </section>
  );
}

function runWords(matched: number, drawn: number, banded: boolean): string {
  if (banded || matched <= drawn) return plural(matched, "run");
  return `newest ${formatCount(Math.min(drawn, MOST_RUNS))} of ${plural(matched, "run")}`;
}

/** The same object as long as it says the same, or as long as it is `held`. */
function useSteady<T>(value: T, held: boolean): T {
  const kept = useRef(value);
  if (!(held && kept.current !== null) && JSON.stringify(kept.current) !== JSON.stringify(value)) kept.current = value;
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
