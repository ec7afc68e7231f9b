/** Where to go on: what runs now, the last runs, the experiments that were busy last. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { experimentsQuery } from "../../api/experiments";
import { type TableSpec, tableQuery } from "../../api/runs";
import type { ExperimentRow, RunsTable } from "../../api/schema.gen";
import { plural } from "../../lib/format";
import { COLOUR_TAG } from "../../lib/palette";
import { Trouble, Waiting } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { RunDot } from "../../ui/RunDot";
import { Status } from "../../ui/Status";
import { Ago, Took } from "../../ui/Time";
import s from "./Home.module.css";

const FirstRun = lazy(() => import("../../ui/FirstRun").then((module) => ({ default: module.FirstRun })));

const LATEST: TableSpec = { experiment_ids: [], filter: "", order_by: [], view: "active", columns: [`tags.${COLOUR_TAG}`] };
const RUNNING: TableSpec = { ...LATEST, filter: "attributes.status = 'RUNNING'" };
const EXPERIMENTS = 8;

export function Home() {
  const experiments = useQuery(experimentsQuery());
  const latest = useQuery(tableQuery(LATEST, 0, 20));
  const running = useQuery(tableQuery(RUNNING, 0, 10));
  if (latest.error && !latest.data) return <Trouble error={latest.error} onRetry={() => void latest.refetch()} />;
  // Those that run stand above the others: all come at once, so that nothing moves.
  if (!latest.data || !experiments.data || running.isPending) return <Page title="Home"><Waiting what="the runs" /></Page>;
  const names = new Map(experiments.data.map((row) => [row.experiment_id, row.name]));
  if (latest.data.total === 0) {
    return (
      <Page title="Home" heading="Welcome to Runstone">
        <Suspense>
          <FirstRun />
        </Suspense>
      </Page>
    );
  }
  const recent = [...experiments.data].sort((a, b) => (b.last_activity ?? 0) - (a.last_activity ?? 0)).slice(0, EXPERIMENTS);
  return (
    <Page title="Home">
      <div className={s.columns}>
        <div className={s.column}>
          {running.data && running.data.matched > 0 && (
            <section className={s.block} aria-label="Running now">
              <header>
                <h2>Running now</h2>
                <span className={s.quiet}>{plural(running.data.matched, "run")}</span>
              </header>
              <RunList table={running.data} names={names} />
            </section>
          )}
          <section className={s.block} aria-label="Last runs">
            <header>
              <h2>Last runs</h2>
              <Link to="/runs">All {plural(latest.data.total, "run")}</Link>
            </header>
            <RunList table={latest.data} names={names} />
          </section>
        </div>
        <section className={s.block} aria-label="Experiments">
          <header>
            <h2>Experiments</h2>
            <Link to="/experiments">All {experiments.data.length}</Link>
          </header>
          {recent.map((row) => (
            <ExperimentCard key={row.experiment_id} row={row} />
          ))}
        </section>
      </div>
    </Page>
  );
}

function ExperimentCard({ row }: { row: ExperimentRow }) {
  return (
    <Link to="/experiments/$experimentId/runs" params={{ experimentId: row.experiment_id }} className={s.card}>
      <strong dir="auto">{row.name}</strong>
      <small>
        {plural(row.runs, "run")}
        {row.running > 0 && (
          <>
            {" · "}
            <span className={s.running}>{row.running} running</span>
          </>
        )}
        {row.last_activity !== null && (
          <>
            {" · "}
            <Ago time={row.last_activity} />
          </>
        )}
      </small>
    </Link>
  );
}

function RunList({ table, names }: { table: RunsTable; names: ReadonlyMap<string, string> }) {
  return (
    <div className={s.scroll}>
      <table className={s.table}>
        <tbody>
          {table.run_ids.map((id, i) => (
            <tr key={id} data-testid="recent-run">
              <td>
                <RunDot ordinal={table.ordinal[i]} experiment={table.experiments[i] ?? ""} own={table.columns[0]?.values[i]} />
                <Link to="/runs/$runId" params={{ runId: id }} dir="auto">
                  {table.names[i] || id.slice(0, 8)}
                </Link>
                <small className={s.under} dir="auto">
                  {names.get(table.experiments[i] ?? "") ?? table.experiments[i]}
                </small>
              </td>
              <td className={s.quiet}>
                <Link to="/experiments/$experimentId/runs" params={{ experimentId: table.experiments[i] ?? "0" }} dir="auto">
                  {names.get(table.experiments[i] ?? "") ?? table.experiments[i]}
                </Link>
              </td>
              <td>
                <Status status={table.status[i] ?? ""} />
              </td>
              <td className={`${s.quiet} ${s.right}`}>
                <Took start={table.start[i] ?? null} end={table.end[i] ?? null} running={table.status[i] === "RUNNING"} />
              </td>
              <td className={`${s.quiet} ${s.right}`}>
                <Ago time={table.start[i] ?? null} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
