/** Who is signed in: key, query, signing in and out. */

import { forgetFilters } from "../lib/history";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { forgetRecent } from "../lib/recent";
import { setShut } from "./door";
import { ask } from "./http";
import type { SessionInfo, SignedOut, SignIn } from "./schema.gen";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => ask<SessionInfo>("session", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Whether somebody signed in here, by the mark that the server leaves: nobody need be asked where there are no users. */
export const marked = () => document.cookie.includes("runstone_signed_in=");

/** Where the provider's sign-in begins; it ends at the page that is shown now. */
export function providerDoor(): string {
  const door = new URL("oidc/sign-in", document.baseURI);
  door.searchParams.set("next", location.pathname + location.search + location.hash);
  return door.href;
}

/** What was shown stays, and is asked for again. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SignIn) => ask<SessionInfo>("session", { method: "POST", body }),
    onSuccess: async (answer) => {
      await client.cancelQueries({ queryKey: sessionQuery.queryKey }); // who was there before is no answer any more
      client.setQueryData(sessionQuery.queryKey, answer);
      setShut(false);
      return client.invalidateQueries();
    },
  });
}

/** Nothing that was shown is left behind for whoever sits here next. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask<SignedOut>("session", { method: "DELETE" }),
    onSuccess: ({ url }) => {
      client.clear();
      forgetRecent();
      forgetFilters();
      if (url) location.assign(url);
      else setShut(true);
    },
  });
}
