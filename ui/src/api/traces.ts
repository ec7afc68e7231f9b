/** Traces: lists, one with its spans, one span with all that it says. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { SpanDetail, TraceDetail, Traces } from "./schema.gen";

export interface TracesWanted {
  q: string;
  filter: string;
  state: string;
  order: string;
}

export const tracesQuery = (experiment: string, wanted: TracesWanted) =>
  infiniteQueryOptions({
    queryKey: ["traces", experiment, wanted],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => ask<Traces>("traces", { query: { exp: experiment, ...wanted, page_token: pageParam }, signal }),
    getNextPageParam: (page) => page.next_page_token || null,
    placeholderData: keepPreviousData,
  });

export const traceQuery = (id: string) =>
  queryOptions({
    queryKey: ["trace", id],
    queryFn: ({ signal }) => ask<TraceDetail>(`traces/${encodeURIComponent(id)}`, { signal }),
    // One that is still under way grows; nothing in an event names it.
    refetchInterval: ({ state }) => (state.data?.trace.state === "IN_PROGRESS" ? 2_000 : false),
  });

export const spanQuery = (trace: string, span: string) =>
  queryOptions({
    queryKey: ["span", trace, span],
    queryFn: ({ signal }) => ask<SpanDetail>(`traces/${encodeURIComponent(trace)}/spans/${encodeURIComponent(span)}`, { signal }),
  });
