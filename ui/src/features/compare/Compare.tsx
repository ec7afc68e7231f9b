/** Several runs side by side: what differs, by how much, and their curves. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { comparedQuery } from "../../api/compare";
import type { ComparedRuns } from "../../api/schema.gen";
import { Board } from "../../charts/Board";
import type { ChartSettings, OnSettings } from "../../charts/settings";
import { formatDelta, formatNumber, exactNumber, plural } from "../../lib/format";
import { Empty, Trouble, Waiting } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import s from "./Compare.module.css";
import { CompareChart } from "./CompareChart";
import type { FilesView, OnFiles } from "./Files";
import { Matrix, type MatrixCell, nameOf } from "./Matrix";
import { metricRows, paramRows } from "./rows";
import { Layers } from "./Layers";
import { VerdictPanel } from "./VerdictPanel";

const Files = lazy(() => import("./Files").then((module) => ({ default: module.Files })));

/** Runs that are compared at once. */
const MOST = 100;

interface Props {
  ids: readonly string[];
  base: string;
  /** The metric that decides; empty: the server's guess. */
  metric: string;
  onMetric: (metric: string) => void;
  settings: ChartSettings;
  /** Which runs, and which is the baseline, follows from what they are then. */
  onRuns: (change: (ids: readonly string[], base: string) => { ids: readonly string[]; base: string }) => void;
  onSettings: OnSettings;
  files: FilesView;
  onFiles: OnFiles;
}

export function Compare({ ids, base, metric, onMetric, settings, onRuns, onSettings, files, onFiles }: Props) {
  const asked = useMemo(() => ids.slice(0, MOST), [ids]);
  const { data, error, refetch } = useQuery(comparedQuery(asked));
  const runs = data?.runs ?? [];
  const lost = data?.lost.length ?? 0;
  if (ids.length === 0) return <Nothing />;
  const baseIndex = Math.max(0, base ? runs.findIndex((run) => run.info.run_id.startsWith(base)) : 0);
  return (
    <Page title={`Compare ${plural(ids.length, "run")}`}>
      <div className={s.tools} data-screen-only>
        <label>
          Baseline
          <select className={s.select} value={runs[baseIndex]?.info.run_id ?? ""} onChange={(event) => onRuns((now) => ({ ids: now, base: event.target.value }))}>
            {runs.map((run) => (
              <option key={run.info.run_id} value={run.info.run_id}>
                {nameOf(run)}
              </option>
            ))}
          </select>
        </label>
        {ids.length > MOST && <span className={s.faint}>the first {MOST} are shown</span>}
        {lost > 0 && <span className={s.faint}>{plural(lost, "run")} could not be found</span>}
      </div>
      {error && !data && <Trouble error={error} onRetry={() => void refetch()} />}
      {!error && !data && <Waiting what="the comparison" />}
      {data && (
        <Sections
          found={data}
          baseIndex={baseIndex}
          metric={metric}
          onMetric={onMetric}
          settings={settings}
          onSettings={onSettings}
          files={files}
          onFiles={onFiles}
          onMore={(more) => onRuns((now, chosen) => ({ ids: [...now, ...more.filter((id) => !now.includes(id))], base: chosen || (runs[baseIndex]?.info.run_id ?? "") }))}
          onDrop={(id) => onRuns((now, chosen) => ({ ids: now.filter((one) => !id.startsWith(one)), base: chosen && id.startsWith(chosen) ? "" : chosen }))}
        />
      )}
    </Page>
  );
}

function Nothing() {
  return (
    <Page title="Compare">
      <Empty icon="compare" title="Choose runs to compare">
        <p>
          Tick two or more runs in a table of <Link to="/runs">runs</Link>, then press <kbd>c</kbd> or Compare.
        </p>
      </Empty>
    </Page>
  );
}

interface SectionsProps {
  found: ComparedRuns;
  baseIndex: number;
  metric: string;
  onMetric: (metric: string) => void;
  settings: ChartSettings;
  onSettings: OnSettings;
  files: FilesView;
  onFiles: OnFiles;
  onDrop: (id: string) => void;
  onMore: (ids: readonly string[]) => void;
}

function Sections({ found, baseIndex, metric, onMetric, settings, onSettings, files, onFiles, onDrop, onMore }: SectionsProps) {
  const [all, setAll] = useState(false);
  const { runs } = found;
  const metrics = useMemo(() => metricRows(found.metrics, found.meanings), [found]);
  const params = useMemo(() => paramRows(found.params), [found]);
  const differing = params.filter((row) => row.differs);
  const equal = params.length - differing.length;
  const head = { runs, baseIndex, onDrop };
  const ids = useMemo(() => runs.map((run) => run.info.run_id), [runs]);
  const keys = useMemo(() => metrics.map((row) => row.key), [metrics]);
  return (
    <>
      {runs.length > 1 && keys.length > 0 && (
        <VerdictPanel ids={ids} baseline={ids[baseIndex] ?? ""} metric={metric} metrics={keys} onMetric={onMetric} onMore={onMore} />
      )}
      {metrics.length > 0 && (
        <section className={s.section} aria-label="Metrics">
          <header>
            <h2>Metrics</h2>
            <small>
              last values where nothing else is said, and the difference to the baseline
              {found.metrics_total > found.metrics.length && `; the first ${found.metrics.length} of ${found.metrics_total}`}
            </small>
          </header>
          <Matrix
            {...head}
            label="Metrics"
            keys={metrics.map((row) => row.title)}
            cell={(row, column): MatrixCell => {
              const one = metrics[row];
              const value = one?.values[column];
              return {
                text: value === undefined ? "–" : formatNumber(value),
                title: exactNumber(value),
                best: one?.best === column,
                delta: column === baseIndex ? "" : formatDelta(value, one?.values[baseIndex]),
              };
            }}
          />
        </section>
      )}
      {params.length > 0 && (
        <section className={s.section} aria-label="Params">
          <header>
            <h2>Params</h2>
            <small>{equal > 0 ? `${plural(equal, "param")} equal in all runs` : ""}</small>
            {equal > 0 && (
              <label>
                <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> show equal ones
              </label>
            )}
          </header>
          {(all ? params : differing).length > 0 ? (
            <Matrix
              {...head}
              label="Params"
              keys={(all ? params : differing).map((row) => row.key)}
              cell={(row, column): MatrixCell => {
                const value = (all ? params : differing)[row]?.values[column];
                return { text: value ?? "–", title: value ?? "not logged", best: false, delta: "" };
              }}
            />
          ) : (
            <p className={s.faint}>No param differs.</p>
          )}
        </section>
      )}
      {runs.length > 1 && <Layers runs={runs} baseIndex={baseIndex} onDrop={onDrop} />}
      {runs.length > 1 && (
        <Suspense fallback={null}>
          <Files runs={runs} baseIndex={baseIndex} view={files} onView={onFiles} />
        </Suspense>
      )}
      <section className={s.section} aria-label="Curves">
        <h2>Curves</h2>
        <Board
          keys={metrics.map((row) => row.key)}
          settings={settings}
          onChange={onSettings}
          params={differing.map((row) => row.key)}
          render={(key) => <CompareChart key={key} {...{ runs, base: runs[baseIndex], name: key, settings, onSettings }} unit={found.meanings[key]?.unit} />}
        />
      </section>
    </>
  );
}
