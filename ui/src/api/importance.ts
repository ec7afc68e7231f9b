/** Which params matter for a metric. */

import { queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { ImportanceAnswer, ImportanceRequest } from "./schema.gen";

export const importanceQuery = (body: ImportanceRequest) =>
  queryOptions({
    queryKey: ["importance", body],
    queryFn: ({ signal }) => ask<ImportanceAnswer>("runs/importance", { method: "POST", body, signal }),
    placeholderData: (last, before) => ((before?.queryKey[1] as ImportanceRequest | undefined)?.metric === body.metric ? last : undefined),
    staleTime: 30_000,
  });
