/** Experiments: keys, queries, changes. */

import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type { ExperimentEdit, ExperimentRow, Experiments, NewExperiment } from "./schema.gen";

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

export function useCreateExperiment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewExperiment) => ask<ExperimentRow>("experiments", { method: "POST", body }),
    onSettled: () => void client.invalidateQueries({ queryKey: ["experiments"] }),
  });
}

export function useEditExperiment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, edit }: { id: string; edit: ExperimentEdit }) =>
      ask<ExperimentRow>(`experiments/${encodeURIComponent(id)}`, { method: "PATCH", body: edit }),
    onSuccess: (answer, { id }) => {
      client.setQueryData(experimentQuery(id).queryKey, answer);
    },
    // A dialog over the page does not wait until all of it was asked for again.
    onSettled: (_answer, _error, { id }) => {
      for (const queryKey of [["experiments"], ["experiment", id], ["trash"]]) void client.invalidateQueries({ queryKey });
    },
  });
}
