/** The trash: what is in it, and its end for ever. */

import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type { Trash, TrashRemoval, TrashRemoved } from "./schema.gen";

/** Runs of one page. */
export const TRASH_PAGE = 200;

export const trashQuery = (q: string, offset: number) =>
  queryOptions({
    queryKey: ["trash", q, offset],
    queryFn: ({ signal }) => ask<Trash>("trash", { query: { q, offset, limit: TRASH_PAGE }, signal }),
    placeholderData: keepPreviousData,
  });

export function useRemoveForEver() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TrashRemoval) => ask<TrashRemoved>("trash/remove", { method: "POST", body }),
    // A dialog over the page does not wait until all of it was asked for again.
    onSettled: () => void client.invalidateQueries({ predicate: ({ queryKey }) => ["trash", "table", "grouped", "experiments"].includes(String(queryKey[0])) }),
  });
}
