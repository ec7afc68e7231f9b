/** Users, groups, grants and one's own tokens: keys, queries, changes. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "./http";
import type {
  AccountEdit,
  AccountRow,
  Accounts,
  Done,
  Grants,
  GroupEdit,
  GroupRow,
  Groups,
  NewAccount,
  NewGrant,
  NewGroup,
  NewToken,
  TokenRow,
  Tokens,
} from "./schema.gen";

export type ResourceType = NewGrant["resource_type"];
export type Permission = NewGrant["permission"];

/** Strongest last; DENY wins over all others. */
export const PERMISSIONS: readonly { name: Permission; means: string }[] = [
  { name: "NO_PERMISSIONS", means: "nothing" },
  { name: "READ", means: "look" },
  { name: "USE", means: "look, load models" },
  { name: "EDIT", means: "and log, register, change" },
  { name: "MANAGE", means: "and delete, grant" },
  { name: "DENY", means: "nothing, whatever else was granted" },
];

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) => ask<Accounts>("users", { signal }),
  select: (answer) => answer.users,
});

export const groupsQuery = queryOptions({
  queryKey: ["groups"],
  queryFn: ({ signal }) => ask<Groups>("groups", { signal }),
  select: (answer) => answer.groups,
});

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => ask<Tokens>("tokens", { signal }),
  select: (answer) => answer.tokens,
});

export const grantsQuery = (kind: ResourceType, resource: string) =>
  queryOptions({
    queryKey: ["grants", kind, resource],
    queryFn: ({ signal }) => ask<Grants>("grants", { query: { resource_type: kind, resource }, signal }),
  });

const KEYS = ["users", "groups", "tokens", "grants", "session"];

/** What is shown of accounts is asked for again. */
function useChange<Told, Answer>(change: (told: Told) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // A dialog over the page does not wait until all of it was asked for again.
    onSuccess: () => void client.invalidateQueries({ predicate: ({ queryKey }) => KEYS.includes(String(queryKey[0])) }),
  });
}

const userAt = (username: string) => `users/${encodeURIComponent(username)}`;

export const useCreateUser = () => useChange((body: NewAccount) => ask<AccountRow>("users", { method: "POST", body }));

export const useEditUser = () =>
  useChange(({ username, edit }: { username: string; edit: AccountEdit }) => ask<AccountRow>(userAt(username), { method: "PATCH", body: edit }));

export const useDeleteUser = () => useChange((username: string) => ask<Done>(userAt(username), { method: "DELETE" }));

export const useCreateGroup = () => useChange((body: NewGroup) => ask<GroupRow>("groups", { method: "POST", body }));

export const useEditGroup = () =>
  useChange(({ id, edit }: { id: number; edit: GroupEdit }) => ask<GroupRow>(`groups/${id}`, { method: "PATCH", body: edit }));

export const useDeleteGroup = () => useChange((id: number) => ask<Done>(`groups/${id}`, { method: "DELETE" }));

export const useCreateToken = () => useChange((body: NewToken) => ask<TokenRow>("tokens", { method: "POST", body }));

export const useDeleteToken = () => useChange((id: number) => ask<Done>(`tokens/${id}`, { method: "DELETE" }));

export const useGrant = () => useChange((body: NewGrant) => ask<Grants>("grants", { method: "POST", body }));

export const useRevoke = () => useChange((id: number) => ask<Done>(`grants/${id}`, { method: "DELETE" }));
