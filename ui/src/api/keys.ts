/** Which metric, param and tag keys some experiments use. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { Keys } from "./schema.gen";

export type KeyKind = "metrics" | "params" | "tags";

export const keysQuery = (kind: KeyKind, experiments: readonly string[], contains = "", limit = 1000) =>
  queryOptions({
    queryKey: ["keys", kind, experiments.join(","), contains, limit],
    queryFn: ({ signal }) => ask<Keys>("keys", { query: { kind, exp: experiments.join(","), contains, limit }, signal }),
    select: (answer) => answer.keys,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
