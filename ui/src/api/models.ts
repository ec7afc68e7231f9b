/** Registered models and their versions: keys, queries, changes. */

import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import { renameEverywhere } from "./renamed";
import type { ModelDetail, ModelDone, ModelEdit, ModelHistory, Models, NewModel, NewVersion, RunModels, VersionDetail, VersionEdit } from "./schema.gen";

const at = (name: string, version?: number) =>
  `models/${encodeURIComponent(name)}${version === undefined ? "" : `/versions/${version}`}`;

/** Models of one answer; a longer list is narrowed by searching. */
const MOST = 200;

/** `text` is part of a name, or a filter such as `tags.team = 'a'`. */
export const modelsQuery = (text = "", order: "name" | "updated" = "name") => {
  const filter = isModelFilter(text);
  return queryOptions({
    queryKey: ["models", text, order],
    queryFn: ({ signal }) =>
      ask<Models>("models", { query: filter ? { filter: text, order, limit: MOST } : { q: text, order, limit: MOST }, signal }),
    placeholderData: keepPreviousData,
  });
};

/** Does it compare something, as a filter does? */
export function isModelFilter(text: string): boolean {
  return /(^|\s)(name|tags?\.\S+|creation_timestamp|last_updated_timestamp)\s*(=|!=|<|>|not\s|i?like\s|in\s|is\s)/i.test(text);
}

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: ["model", name],
    queryFn: ({ signal }) => ask<ModelDetail>(at(name), { signal }),
  });

/** What was done to it, newest first, page by page. */
export const historyQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["model", name, "history"],
    queryFn: ({ signal, pageParam }) =>
      ask<ModelHistory>(`${at(name)}/history`, { query: pageParam ? { before: pageParam, limit: 100 } : { limit: 20 }, signal }),
    initialPageParam: "",
    getNextPageParam: (page: ModelHistory) => page.before,
  });

export const versionQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ["version", name, version],
    queryFn: ({ signal }) => ask<VersionDetail>(at(name, version), { signal }),
  });

export const runModelsQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run-models", runId],
    queryFn: ({ signal }) => ask<RunModels>(`runs/${encodeURIComponent(runId)}/models`, { signal }),
  });

/** All that is known of models; a change of one is seen in lists, versions and runs. */
const KEYS = ["models", "model", "version", "run-models"];

interface Known<Told, Answer> {
  /** The key of what the answer tells anew. */
  told?: (told: Told, answer: Answer) => readonly unknown[];
  /** How the key of what no longer is begins; nobody asks for that again. */
  gone?: (told: Told) => readonly unknown[];
  /** Its name before and after. */
  renamed?: (told: Told, answer: Answer) => readonly [string, string];
}

function useChange<Told, Answer>(change: (told: Told) => Promise<Answer>, { told: tells, gone, renamed }: Known<Told, Answer> = {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (answer, told) => {
      if (tells) client.setQueryData(tells(told, answer), answer);
      const [id, name] = renamed?.(told, answer) ?? [];
      if (id !== undefined && name !== undefined && name !== id) renameEverywhere(client, { kind: "model", id, name });
      const key = gone?.(told);
      // A dialog over the page does not wait until all of it was asked for again.
      void client.invalidateQueries({
        predicate: ({ queryKey }) => KEYS.includes(String(queryKey[0])) && !(key && key.every((part, i) => queryKey[i] === part)),
      });
    },
  });
}

export const useCreateModel = () => useChange((body: NewModel) => ask<ModelDetail>("models", { method: "POST", body }));

export const useEditModel = () =>
  useChange(({ name, edit }: { name: string; edit: ModelEdit }) => ask<ModelDetail>(at(name), { method: "PATCH", body: edit }), {
    told: (_told, answer) => modelQuery(answer.name).queryKey,
    renamed: ({ name }, answer) => [name, answer.name],
  });

export const useDeleteModel = () => useChange((name: string) => ask<ModelDone>(at(name), { method: "DELETE" }), { gone: (name) => ["model", name] });

export const useRegister = () =>
  useChange(({ name, body }: { name: string; body: NewVersion }) =>
    ask<VersionDetail>(`${at(name)}/versions`, { method: "POST", body }),
  );

export const useEditVersion = () =>
  useChange(({ name, version, edit }: { name: string; version: number; edit: VersionEdit }) =>
    ask<VersionDetail>(at(name, version), { method: "PATCH", body: edit }),
    { told: ({ name, version }) => versionQuery(name, version).queryKey },
  );

export const useDeleteVersion = () =>
  useChange(
    ({ name, version }: { name: string; version: number }) => ask<ModelDone>(at(name, version), { method: "DELETE" }),
    { gone: ({ name, version }) => ["version", name, version] },
  );
