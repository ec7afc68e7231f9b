import { getRouteApi } from "@tanstack/react-router";
import { TrashPage } from "../features/trash/TrashPage";
import { useAddress } from "./useAddress";

interface Search {
  q?: string | undefined;
  from?: string | undefined;
}

const route = getRouteApi("/trash");

/** Pages are places to come back to; what is typed is not. */
const isStep = (change: Search): boolean => !("q" in change);

export function TrashRoute() {
  const [{ q, from }, write] = useAddress<Search>(route, isStep);
  const offset = Math.max(0, Math.trunc(Number(from)) || 0);
  return (
    <TrashPage
      q={q ?? ""}
      offset={offset}
      onQ={(text) => write({ q: text || undefined, from: undefined })}
      onOffset={(first) => write({ from: first ? String(first) : undefined })}
    />
  );
}
