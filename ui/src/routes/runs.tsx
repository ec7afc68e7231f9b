import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { RunsPage } from "../features/runs/RunsPage";
import type { RunsSearch } from "../features/runs/view";
import { splitList } from "../lib/columns";

/** In an address: all experiments, which none named means as well. */
const EVERY = "*";

const one = getRouteApi("/experiments/$experimentId/runs");
const several = getRouteApi("/runs");

/** Sorting and columns are places to come back to; what is typed, ticked or unfolded is not. */
const STEPS = ["sort", "cols", "view", "panel", "group", "hide", "tree", "pin", "fix", "cells"] as const;
const isStep = (change: RunsSearch): boolean => STEPS.some((key) => key in change);

export function ExperimentRunsRoute() {
  const { experimentId } = one.useParams();
  const search = one.useSearch();
  const navigate = one.useNavigate();
  const onSearch = useCallback(
    (change: RunsSearch, replace = !isStep(change)) => void navigate({ replace, search: (old) => ({ ...old, ...change }) }),
    [navigate],
  );
  const experiments = useMemo(() => [experimentId], [experimentId]);
  return <RunsPage key={experimentId} experiments={experiments} search={search} onSearch={onSearch} />;
}

export function RunsRoute() {
  const search = several.useSearch();
  const navigate = several.useNavigate();
  const onSearch = useCallback(
    (change: RunsSearch, replace = !isStep(change)) => void navigate({ replace, search: (old) => ({ ...old, ...change }) }),
    [navigate],
  );
  const experiments = useMemo(() => (search.exp === EVERY ? [] : splitList(search.exp ?? "")), [search.exp]);
  return <RunsPage key={experiments.join()} experiments={experiments} search={search} onSearch={onSearch} />;
}
