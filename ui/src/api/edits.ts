/** Changes to one run or several at once: seen at once, sent a few at a time, and what they were before. */

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import { patched, patchedRun, type RunChange } from "./patched";
import { renameEverywhere } from "./renamed";
import type { RunDetail, RunEdit, RunsTable, RunsTableRequest } from "./schema.gen";

/** Runs that one question about what was before names. */
const PIECE = 200;

/** Ends when all changes begun so far are done: two of the same run must not overtake each other, nor be asked about half-way. */
let begun: Promise<unknown> = Promise.resolve();

/** Names, and values of a tag (null: not there), of runs as they are now: what undoes a change. */
export async function before(ids: readonly string[], experiments: readonly string[], what: { name: true } | { tag: string }): Promise<RunChange[]> {
  await begun;
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

/** Change several runs. What is on the screen changes at once, and turns back where the server says no. Raises ApiError. */
export async function applyChanges(client: QueryClient, changes: readonly RunChange[]): Promise<void> {
  await client.cancelQueries({ queryKey: ["table"] });
  const old = client.getQueriesData<RunsTable>({ queryKey: ["table"] });
  client.setQueriesData<RunsTable>({ queryKey: ["table"] }, (table) => table && patched(table, changes));
  const waiting = [...changes];
  const worker = async () => {
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      await ask<unknown>(`runs/${encodeURIComponent(one.id)}`, { method: "PATCH", body: one.edit });
    }
  };
  const sent = begun.then(() => Promise.all([worker(), worker(), worker(), worker()]));
  begun = sent.catch(() => undefined);
  try {
    await sent;
    for (const { id, edit } of changes) if (edit.name != null) renameEverywhere(client, { kind: "run", id, name: edit.name });
  } catch (trouble) {
    for (const [key, table] of old) client.setQueryData(key, table);
    throw trouble;
  } finally {
    for (const kind of ["table", "grouped", "rows", "run"]) void client.invalidateQueries({ queryKey: [kind] });
  }
}

export function useEditRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, edit }: { id: string; edit: RunEdit }) =>
      ask<unknown>(`runs/${encodeURIComponent(id)}`, { method: "PATCH", body: edit }),
    onSuccess: (_answer, { id, edit }) => {
      client.setQueryData<RunDetail>(["run", id], (run) => run && patchedRun(run, edit));
      if (edit.name != null) renameEverywhere(client, { kind: "run", id, name: edit.name });
    },
    // A dialog over the page does not wait until all of it was asked for again.
    onSettled: (_answer, _error, { id }) => {
      for (const queryKey of [["run", id], ["table"], ["grouped"], ["experiments"]]) void client.invalidateQueries({ queryKey });
    },
  });
}
