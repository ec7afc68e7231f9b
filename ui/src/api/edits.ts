/** Changes to several runs at once: seen at once, sent a few at a time, and what they were before. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import { patched, type RunChange } from "./patched";
import type { RunsTable, RunsTableRequest } from "./schema.gen";

/** Runs that one question about what was before names. */
const PIECE = 200;

/** Names, and values of a tag (null: not there), of runs as they are now: what undoes a change. */
export async function before(ids: readonly string[], experiments: readonly string[], what: { name: true } | { tag: string }): Promise<RunChange[]> {
  const found: RunChange[] = [];
  for (let at = 0; at < ids.length; at += PIECE) {
    const body: RunsTableRequest = {
      experiment_ids: [...experiments],
      filter: `attributes.run_id IN (${ids.slice(at, at + PIECE).map((id) => `'${id}'`).join(", ")})`,
      view: "all",
      columns: "tag" in what ? [`tags.${what.tag}`] : [],
      limit: PIECE,
    };
    const table = await ask<RunsTable>("runs/table", { method: "POST", body });
    table.run_ids.forEach((id, i) => {
      const value = table.columns[0]?.values[i] ?? null;
      found.push({ id, edit: "tag" in what ? { tags: { [what.tag]: value === null ? null : String(value) } } : { name: table.names[i] ?? "" } });
    });
  }
  return found;
}

/** Change several runs. What is on the screen changes at once, and turns back where the server says no. */
export function useEditRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (changes: readonly RunChange[]) => {
      const waiting = [...changes];
      const worker = async () => {
        for (let one = waiting.pop(); one; one = waiting.pop()) {
          await ask<unknown>(`runs/${encodeURIComponent(one.id)}`, { method: "PATCH", body: one.edit });
        }
      };
      await Promise.all([worker(), worker(), worker(), worker()]);
    },
    onMutate: async (changes) => {
      await client.cancelQueries({ queryKey: ["table"] });
      const old = client.getQueriesData<RunsTable>({ queryKey: ["table"] });
      client.setQueriesData<RunsTable>({ queryKey: ["table"] }, (table) => table && patched(table, changes));
      return old;
    },
    onError: (_error, _changes, old) => old?.forEach(([key, table]) => client.setQueryData(key, table)),
    onSettled: () =>
      Promise.all(["table", "rows", "run"].map((kind) => client.invalidateQueries({ queryKey: [kind] }))),
  });
}
