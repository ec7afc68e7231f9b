/** The query cache: all server data lives here and nowhere else. */

import { MutationCache, QueryClient } from "@tanstack/react-query";
import { say } from "../ui/Toasts";
import { ApiError } from "./http";

export function makeClient(): QueryClient {
  return new QueryClient({
    mutationCache: unheard(),
    defaultOptions: {
      queries: {
        // Events say when something is old; asking again on every look would only cost.
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        networkMode: "always",
        retry: (count, error) => count < 2 && error instanceof ApiError && error.status >= 500 && !error.away,
        retryDelay: 500,
      },
      mutations: { networkMode: "always" },
    },
  });
}

/** A change that fails is told where it was asked for; where that is no longer on the screen, over whatever is. */
function unheard(): MutationCache {
  const watched = new WeakMap<object, { hasListeners: () => boolean }>();
  const cache = new MutationCache({
    onError: (error, _told, _begun, mutation) => {
      if (!watched.get(mutation)?.hasListeners()) say(error.message, { tone: "error" });
    },
  });
  cache.subscribe((event) => {
    if (event.type === "observerAdded") watched.set(event.mutation, event.observer);
  });
  return cache;
}
