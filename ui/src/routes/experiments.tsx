import { getRouteApi } from "@tanstack/react-router";
import { Experiments, type ExperimentsSearch } from "../features/experiments/Experiments";
import { useAddress } from "./useAddress";

const route = getRouteApi("/experiments");

export function ExperimentsRoute() {
  const [{ q, tags, metric }, onSearch] = useAddress<ExperimentsSearch>(route);
  return <Experiments search={{ q, tags, metric }} onSearch={onSearch} />;
}
