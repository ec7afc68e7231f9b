import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { changedSettings, type ChartSearch, readSettings } from "../charts/settings";
import { RunCharts } from "../features/run/RunCharts";
import { useAddress } from "./useAddress";

const metrics = getRouteApi("/runs/$runId/metrics");
const system = getRouteApi("/runs/$runId/system");

export function MetricsRoute() {
  const { runId } = metrics.useParams();
  const [search, write] = useAddress<ChartSearch>(metrics);
  const settings = useMemo(() => readSettings(search, "step", true), [search]);
  return <RunCharts runId={runId} system={false} settings={settings} onChange={(change) => write((now) => changedSettings(now, change, "step", true))} />;
}

export function SystemRoute() {
  const { runId } = system.useParams();
  const [search, write] = useAddress<ChartSearch & { with?: string | undefined }>(system);
  const settings = useMemo(() => readSettings(search, "relative"), [search]);
  return (
    <RunCharts
      runId={runId}
      system
      settings={settings}
      onChange={(change) => write((now) => changedSettings(now, change, "relative"))}
      above={search.with}
      onAbove={(key) => write({ with: key || undefined })}
    />
  );
}
