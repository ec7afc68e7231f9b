import { getRouteApi } from "@tanstack/react-router";
import { Artifacts } from "../features/run/Artifacts";

const all = getRouteApi("/runs/$runId/artifacts");
const one = getRouteApi("/runs/$runId/artifacts/$");

export function ArtifactsRoute() {
  return <Artifacts runId={all.useParams().runId} path="" />;
}

export function ArtifactRoute() {
  const { runId, _splat } = one.useParams();
  return <Artifacts runId={runId} path={_splat ?? ""} />;
}
