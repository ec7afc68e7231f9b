/** Artifacts of a run: listings, texts, addresses. */

import { queryOptions } from "@tanstack/react-query";
import { address, ask, readBlob, readText } from "./http";
import type { Artifacts, FilePreview } from "./schema.gen";

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

/** The file whole, taken for what `type` says. */
export const artifactBlobQuery = (run: string, path: string, type: string) =>
  queryOptions({
    queryKey: ["artifact-blob", run, path, type],
    queryFn: ({ signal }) => readBlob(filePath(run), { path }, type, signal),
    staleTime: 60_000,
    gcTime: 10_000,
  });

/** What the server sees in a Parquet or NumPy file. */
export const previewQuery = (run: string, path: string) =>
  queryOptions({
    queryKey: ["preview", run, path],
    queryFn: ({ signal }) => ask<FilePreview>(`runs/${encodeURIComponent(run)}/artifacts/preview`, { query: { path }, signal }),
    staleTime: 60_000,
  });
