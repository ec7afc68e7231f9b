/** Which params matter for a metric. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { ImportanceAnswer, ImportanceRequest } from "./schema.gen";

export const importanceQuery = (body: ImportanceRequest) =>
  queryOptions({
    queryKey: ["importance", body],
    queryFn: ({ signal }) => ask<ImportanceAnswer>("runs/importance", { method: "POST", body, signal }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
