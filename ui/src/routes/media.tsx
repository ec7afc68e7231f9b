import { getRouteApi } from "@tanstack/react-router";
import { Media } from "../features/run/Media";

const route = getRouteApi("/runs/$runId/media");

export function MediaRoute() {
  return <Media runId={route.useParams().runId} />;
}
