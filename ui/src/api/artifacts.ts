/** Artifacts of a run: listings, texts, addresses. */

import { queryOptions } from "@tanstack/react-query";
import { address, ask, readText } from "./http";
import type { Artifacts } from "./schema.gen";

export const artifactsQuery = (run: string, path = "") =>
  queryOptions({
    queryKey: ["artifacts", run, path],
    queryFn: ({ signal }) => ask<Artifacts>(`runs/${encodeURIComponent(run)}/artifacts`, { query: { path }, signal }),
    select: (answer) => answer.files,
  });

const filePath = (run: string) => `runs/${encodeURIComponent(run)}/artifacts/file`;

/** Where a browser finds the file itself. */
export function artifactAddress(run: string, path: string, download = false): string {
  return address(filePath(run), { path, download });
}

export const artifactTextQuery = (run: string, path: string, limit: number) =>
  queryOptions({
    queryKey: ["artifact", run, path, limit],
    queryFn: ({ signal }) => readText(filePath(run), { path }, limit, signal),
    staleTime: 60_000,
  });
