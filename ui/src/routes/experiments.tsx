import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Experiments } from "../features/experiments/Experiments";

const route = getRouteApi("/experiments");

export function ExperimentsRoute() {
  const { q, view } = route.useSearch();
  const navigate = useNavigate({ from: "/experiments" });
  return (
    <Experiments
      q={q ?? ""}
      trash={view === "deleted"}
      onSearch={(change) =>
        void navigate({
          replace: change.trash === undefined,
          search: (old) => ({
            q: change.q === undefined ? old.q : change.q || undefined,
            view: change.trash === undefined ? old.view : change.trash ? "deleted" : undefined,
          }),
        })
      }
    />
  );
}
