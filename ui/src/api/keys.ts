/** Which metric, param and tag keys some experiments use. */

import { queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import { alike } from "./meanwhile";
import type { Keys } from "./schema.gen";

export type KeyKind = "metrics" | "params" | "tags";

export const keysQuery = (kind: KeyKind, experiments: readonly string[], contains = "", limit = 1000) =>
  queryOptions({
    queryKey: ["keys", kind, experiments.join(","), contains, limit],
    queryFn: ({ signal }) => ask<Keys>("keys", { query: { kind, exp: experiments.join(","), contains, limit }, signal }),
    select: (answer) => answer.keys,
    placeholderData: (last, before) => (alike(before, { 1: kind, 2: experiments.join(",") }) ? last : undefined),
    staleTime: 5_000,
  });
