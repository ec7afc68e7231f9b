import { getRouteApi } from "@tanstack/react-router";
import { TrashPage } from "../features/trash/TrashPage";

const route = getRouteApi("/trash");

export function TrashRoute() {
  const { q, from } = route.useSearch();
  const navigate = route.useNavigate();
  const offset = Math.max(0, Math.trunc(Number(from)) || 0);
  return (
    <TrashPage
      q={q ?? ""}
      offset={offset}
      onQ={(text) => void navigate({ replace: true, search: { q: text || undefined } })}
      onOffset={(first) => void navigate({ search: (old) => ({ ...old, from: first ? String(first) : undefined }) })}
    />
  );
}
