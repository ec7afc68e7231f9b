/** What is called so: one question to the server for the palette. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { Found } from "./schema.gen";

export const findQuery = (text: string) =>
  queryOptions({
    queryKey: ["find", text],
    queryFn: ({ signal }) => ask<Found>("search", { query: { q: text.slice(0, 200) }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
