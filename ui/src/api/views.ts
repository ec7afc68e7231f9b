/** Saved views of runs tables: keys, queries, changes. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type { NewView, SavedView, SavedViews, ViewEdit, ViewGone } from "./schema.gen";

const at = (key: string) => `views/${encodeURIComponent(key)}`;

export const viewsQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["views", experiment],
    queryFn: ({ signal }) => ask<SavedViews>("views", { query: { exp: experiment }, signal }),
  });

export const viewQuery = (key: string) =>
  queryOptions({
    queryKey: ["view", key],
    queryFn: ({ signal }) => ask<SavedView>(at(key), { signal }),
    staleTime: 0,
  });

/** The address of a view for others. */
export const viewLink = (key: string): string => new URL(`v/${encodeURIComponent(key)}`, document.baseURI).href;

function useChange<Told, Answer>(change: (told: Told) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => void client.invalidateQueries({ predicate: ({ queryKey }) => ["views", "view", "experiment"].includes(String(queryKey[0])) }),
  });
}

export const useSaveView = () => useChange((body: NewView) => ask<SavedView>("views", { method: "POST", body }));

export const useEditView = () => useChange(({ key, edit }: { key: string; edit: ViewEdit }) => ask<SavedView>(at(key), { method: "PATCH", body: edit }));

export const useDeleteView = () => useChange((key: string) => ask<ViewGone>(at(key), { method: "DELETE" }));
