/** Requests to move stages and aliases, and comments on versions: keys, queries, changes. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type { Comments, ModelDone, NewRequest, RequestDecision, RequestRow, Requests } from "./schema.gen";

const at = (name: string) => `models/${encodeURIComponent(name)}`;
const ofVersion = (name: string, version: number) => `${at(name)}/versions/${version}`;

/** Of one version, or of all. */
export const requestsQuery = (name: string, version?: number) =>
  queryOptions({
    queryKey: ["model", name, "requests", version ?? 0],
    queryFn: ({ signal }) => ask<Requests>(`${at(name)}/requests`, { query: version === undefined ? {} : { version }, signal }),
  });

export const commentsQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ["version", name, version, "comments"],
    queryFn: ({ signal }) => ask<Comments>(`${ofVersion(name, version)}/comments`, { signal }),
  });

/** A decision moves what lists, models and versions show. */
const KEYS = ["models", "model", "version"];

function useChange<Told, Answer>(change: (told: Told) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // A dialog over the page does not wait until all of it was asked for again.
    onSettled: () => void client.invalidateQueries({ predicate: ({ queryKey }) => KEYS.includes(String(queryKey[0])) }),
  });
}

export const useAsk = () =>
  useChange(({ name, version, body }: { name: string; version: number; body: NewRequest }) =>
    ask<RequestRow>(`${ofVersion(name, version)}/requests`, { method: "POST", body }),
  );

export const useDecide = () =>
  useChange(({ name, id, body }: { name: string; id: string; body: RequestDecision }) =>
    ask<RequestRow>(`${at(name)}/requests/${encodeURIComponent(id)}`, { method: "PATCH", body }),
  );

type OfVersion = { name: string; version: number };

/** The answer says what all comments are now: nobody waits until they are asked for again. */
function useSaying<Told extends OfVersion>(say: (told: Told) => Promise<Comments>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: say,
    onSuccess: async (answer, { name, version }) => {
      const { queryKey } = commentsQuery(name, version);
      await client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, answer);
    },
  });
}

export const useComment = () =>
  useSaying(({ name, version, comment }: OfVersion & { comment: string }) =>
    ask<Comments>(`${ofVersion(name, version)}/comments`, { method: "POST", body: { comment } }),
  );

export const useEditComment = () =>
  useSaying(({ name, version, id, comment }: OfVersion & { id: string; comment: string }) =>
    ask<Comments>(`${ofVersion(name, version)}/comments/${encodeURIComponent(id)}`, { method: "PATCH", body: { comment } }),
  );

export const useDeleteComment = () =>
  useChange(({ name, version, id }: { name: string; version: number; id: string }) =>
    ask<ModelDone>(`${ofVersion(name, version)}/comments/${encodeURIComponent(id)}`, { method: "DELETE" }),
  );
