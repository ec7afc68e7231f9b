/** Metrics of one run, window by window: there may be 100,000, and a page shows thirty. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { Metrics } from "./schema.gen";

/** Metrics of one question. */
export const METRICS = 100;

export interface MetricsSpec {
  /** Part of a key, in any case. */
  contains: string;
  part: "own" | "system";
  by: "key" | "section";
}

/** What the overview lists; its answer also knows how many metrics a run has. */
export const LISTED: MetricsSpec = { contains: "", part: "own", by: "key" };

/** The window that has the metric in this place. The first one knows how many there are, and their sections. */
export const metricsQuery = (runId: string, spec: MetricsSpec, place = 0) => {
  const offset = place - (place % METRICS);
  return queryOptions({
    queryKey: ["metrics", runId, spec, offset],
    queryFn: ({ signal }) => ask<Metrics>(`runs/${encodeURIComponent(runId)}/metrics`, { query: { ...spec, offset, limit: METRICS }, signal }),
    placeholderData: keepPreviousData,
  });
};
