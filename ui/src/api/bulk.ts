/** Several runs at once, in one transaction: changed, and changed back. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type { RunsEdit, RunsEdited } from "./schema.gen";

const KINDS: ReadonlySet<unknown> = new Set(["table", "grouped", "rows", "run", "keys", "bands", "experiments", "experiment", "trash"]);

export function useEditRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RunsEdit) => ask<RunsEdited>("runs/edit", { method: "POST", body }),
    // A dialog over the page does not wait until all of it was asked for again.
    onSettled: () => void client.invalidateQueries({ predicate: ({ queryKey }) => KINDS.has(queryKey[0]) }),
  });
}
