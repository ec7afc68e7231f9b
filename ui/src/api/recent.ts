/** A metric of the newest runs of experiments, for the small curves of their list. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { RecentAnswer, RecentRequest } from "./schema.gen";

/** Runs of each that are looked at. */
export const RECENT_RUNS = 30;

/** `columns`: of each experiment's id the column that is wanted. */
export const recentQuery = (columns: Record<string, string>) =>
  queryOptions({
    // The first word makes live changes renew it with the list.
    queryKey: ["experiments", "recent", columns],
    queryFn: ({ signal }) =>
      ask<RecentAnswer>("experiments/recent", { method: "POST", body: { columns, runs: RECENT_RUNS } satisfies RecentRequest, signal }),
    select: (answer) => answer.values,
    enabled: Object.keys(columns).length > 0,
    placeholderData: keepPreviousData,
  });
