/** Experiments: keys, queries. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { ExperimentRow, Experiments } from "./schema.gen";

export type View = "active" | "deleted" | "all";

export const experimentsQuery = (view: View = "active", q = "") =>
  queryOptions({
    queryKey: ["experiments", view, q],
    queryFn: ({ signal }) => ask<Experiments>("experiments", { query: { view, q }, signal }),
    select: (answer) => answer.experiments,
    placeholderData: keepPreviousData,
  });

export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiment", id],
    queryFn: ({ signal }) => ask<ExperimentRow>(`experiments/${encodeURIComponent(id)}`, { signal }),
  });
