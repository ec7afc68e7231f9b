/** Is it better? One question for all runs of a comparison. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import { alike } from "./meanwhile";
import type { ComparedRuns, CompareRequest, Comparison, RunDifference } from "./schema.gen";

/** An empty metric or baseline: the server's choice. Events make it old as they do with curves of these runs. */
export const verdictQuery = (ids: readonly string[], metric: string, baseline: string) =>
  queryOptions({
    queryKey: ["verdict", ids, metric, baseline],
    queryFn: ({ signal }) => {
      const body: CompareRequest = { run_ids: [...ids] };
      if (metric) body.metric = metric;
      if (baseline) body.baseline = baseline;
      return ask<Comparison>("compare", { method: "POST", body, signal });
    },
    placeholderData: keepPreviousData,
  });

/** What changed to a run from `base`, or from the nearest earlier one. */
export const differenceQuery = (run: string, base = "") =>
  queryOptions({
    queryKey: ["difference", run, base],
    queryFn: ({ signal }) => ask<RunDifference>(`runs/${encodeURIComponent(run)}/difference`, { query: { base }, signal }),
    placeholderData: (last, before) => (alike(before, { 1: run, 2: base }) ? last : undefined),
  });

/** All that is compared of up to 100 runs, in one question. */
export const comparedQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ["compared", ids],
    queryFn: ({ signal }) => ask<ComparedRuns>("compare/runs", { method: "POST", body: { run_ids: ids }, signal }),
    placeholderData: keepPreviousData,
    enabled: ids.length > 0,
  });
