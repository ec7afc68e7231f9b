/** Is it better? One question for all runs of a comparison. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { CompareRequest, Comparison } from "./schema.gen";

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
