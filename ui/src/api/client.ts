/** The query cache: all server data lives here and nowhere else. */

import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./http";

export function makeClient(): QueryClient {
  return new QueryClient({
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
