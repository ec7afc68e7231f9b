import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Experiments } from "../features/experiments/Experiments";

const route = getRouteApi("/experiments");

export function ExperimentsRoute() {
  const { q, tags, metric } = route.useSearch();
  const navigate = useNavigate({ from: "/experiments" });
  return <Experiments search={{ q, tags, metric }} onSearch={(change) => void navigate({ replace: true, search: (before) => ({ ...before, ...change }) })} />;
}
