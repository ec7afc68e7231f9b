import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { RunsPage } from "../features/runs/RunsPage";
import type { RunsSearch } from "../features/runs/view";
import { splitList } from "../lib/columns";
import { useAddress } from "./useAddress";

/** In an address: all experiments, which none named means as well. */
const EVERY = "*";

const one = getRouteApi("/experiments/$experimentId/runs");
const several = getRouteApi("/runs");

/** Sorting and columns are places to come back to; what is typed, ticked or unfolded is not. */
const STEPS = ["sort", "cols", "view", "panel", "group", "hide", "tree", "pin", "fix", "cells"] as const;
const isStep = (change: RunsSearch): boolean => STEPS.some((key) => key in change);

export function ExperimentRunsRoute() {
  const { experimentId } = one.useParams();
  const [search, onSearch] = useAddress<RunsSearch>(one, isStep);
  const experiments = useMemo(() => [experimentId], [experimentId]);
  return <RunsPage key={experimentId} experiments={experiments} search={search} onSearch={onSearch} />;
}

export function RunsRoute() {
  const [search, onSearch] = useAddress<RunsSearch & { exp?: string | undefined }>(several, isStep);
  const experiments = useMemo(() => (search.exp === EVERY ? [] : splitList(search.exp ?? "")), [search.exp]);
  return <RunsPage key={experiments.join()} experiments={experiments} search={search} onSearch={onSearch} />;
}
