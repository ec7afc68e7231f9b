/** Experiments: changes. What the first page does not need. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { experimentQuery } from "./experiments";
import { ask } from "./http";
import { renameEverywhere } from "./renamed";
import type { ExperimentEdit, ExperimentRow, NewExperiment } from "./schema.gen";

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
    onSuccess: (answer, { id, edit }) => {
      client.setQueryData(experimentQuery(id).queryKey, answer);
      if (edit.name != null) renameEverywhere(client, { kind: "experiment", id, name: answer.name });
    },
    // A dialog over the page does not wait until all of it was asked for again.
    onSettled: (_answer, _error, { id }) => {
      for (const queryKey of [["experiments"], ["experiment", id], ["trash"]]) void client.invalidateQueries({ queryKey });
    },
  });
}
