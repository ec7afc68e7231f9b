import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readSettings, writeSettings } from "../charts/settings";
import { RunCharts } from "../features/run/RunCharts";

const metrics = getRouteApi("/runs/$runId/metrics");
const system = getRouteApi("/runs/$runId/system");

export function MetricsRoute() {
  const { runId } = metrics.useParams();
  const search = metrics.useSearch();
  const navigate = metrics.useNavigate();
  const settings = useMemo(() => readSettings(search, "step", true), [search]);
  return (
    <RunCharts
      runId={runId}
      system={false}
      settings={settings}
      onChange={(next) => void navigate({ replace: true, search: writeSettings(next) })}
    />
  );
}

export function SystemRoute() {
  const { runId } = system.useParams();
  const search = system.useSearch();
  const navigate = system.useNavigate();
  const settings = useMemo(() => readSettings(search, "relative"), [search]);
  return (
    <RunCharts
      runId={runId}
      system
      settings={settings}
      onChange={(next) => void navigate({ replace: true, search: { ...writeSettings(next, "relative"), with: search.with } })}
      above={search.with}
      onAbove={(key) => void navigate({ replace: true, search: (old) => ({ ...old, with: key || undefined }) })}
    />
  );
}
