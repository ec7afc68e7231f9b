import { getRouteApi } from "@tanstack/react-router";
import { Console } from "../features/run/Console";

const route = getRouteApi("/runs/$runId/console");

export function ConsoleRoute() {
  return <Console runId={route.useParams().runId} />;
}
