import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError } from "../../api/http";
import { LISTED, metricsQuery } from "../../api/metrics";
import { runQuery } from "../../api/runs";
import { formatCount } from "../../lib/format";
import { Empty, Trouble, Waiting } from "../../ui/Empty";
import { useTitle } from "../../ui/Page";
import { RunHeader } from "./RunHeader";
import s from "./Run.module.css";

/** Head and tabs of a run's page; the tab's content below. */
export function RunLayout({ runId, children }: { runId: string; children: ReactNode }) {
  const { data: run, error, refetch } = useQuery(runQuery(runId));
  const { data: metrics } = useQuery(metricsQuery(runId, LISTED));
  useTitle(run?.info.run_name || runId.slice(0, 8));
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty icon="runs" title="There is no such run">
        <h1 className="hidden-word">Run not found</h1>
        <p className="mono">{runId}</p>
        <p>
          It may have been removed for ever, or the link is from another server. A deleted run is in its experiment's trash.{" "}
          <Link to="/experiments">To the experiments</Link>
        </p>
      </Empty>
    );
  }
  if (error && !run) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (!run) return <div className={s.head}><Waiting what="the run" /></div>;
  return (
    <div className={s.layout}>
      <RunHeader run={run} />
      <nav className={s.tabs} aria-label="Parts of the run" data-screen-only>
        <Link to="/runs/$runId" params={{ runId }} activeOptions={{ exact: true }}>
          Overview
        </Link>
        <Link to="/runs/$runId/metrics" params={{ runId }} activeOptions={{ includeSearch: false }}>
          Metrics <small>{metrics && formatCount(metrics.own)}</small>
        </Link>
        <Link to="/runs/$runId/system" params={{ runId }} activeOptions={{ includeSearch: false }}>
          System <small>{metrics && formatCount(metrics.system)}</small>
        </Link>
        <Link to="/runs/$runId/artifacts" params={{ runId }}>
          Artifacts
        </Link>
        <Link to="/runs/$runId/media" params={{ runId }}>
          Media
        </Link>
        <Link to="/runs/$runId/console" params={{ runId }}>
          Console
        </Link>
      </nav>
      <div className={s.body}>{children}</div>
    </div>
  );
}
