import { getRouteApi, Outlet } from "@tanstack/react-router";
import { RunModels } from "../features/models/RunModels";
import { Overview } from "../features/run/Overview";
import { RunLayout } from "../features/run/RunLayout";

const route = getRouteApi("/runs/$runId");

export function RunRoute() {
  const { runId } = route.useParams();
  return (
    <RunLayout key={runId} runId={runId}>
      <Outlet />
    </RunLayout>
  );
}

export function OverviewRoute() {
  const { runId } = route.useParams();
  return (
    <>
      <Overview runId={runId} />
      <RunModels runId={runId} />
    </>
  );
}
