import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Experiments } from "../features/experiments/Experiments";

const route = getRouteApi("/experiments");

export function ExperimentsRoute() {
  const { q } = route.useSearch();
  const navigate = useNavigate({ from: "/experiments" });
  return <Experiments q={q ?? ""} onSearch={(change) => void navigate({ replace: true, search: { q: change.q || undefined } })} />;
}
