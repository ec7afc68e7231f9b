/** Points of metrics, and bands of many. Charts that ask at the same moment share one question. */

import { queryOptions } from "@tanstack/react-query";
import { Gather } from "./gather";
import { ask } from "./http";
import { alike } from "./meanwhile";
import type { BandAnswer, BandsAnswer, BandsRequest, SeriesAnswer, SeriesPoints, SeriesRequest } from "./schema.gen";

/** Series that the server answers at once. */
const MOST_SERIES = 5_000;
const series = new Gather<SeriesAnswer>();

function together(runs: readonly string[], key: string, points: number, range: Range | null, leave: AbortSignal, alone: boolean): Promise<SeriesAnswer> {
  const most = Math.max(1, Math.floor(MOST_SERIES / Math.max(1, runs.length)));
  const send = (keys: string[], signal: AbortSignal) => {
    const body: SeriesRequest = { run_ids: [...runs], keys, points };
    if (range) Object.assign(body, { start: Math.floor(range.start), end: Math.ceil(range.end), near: true });
    return ask<SeriesAnswer>("runs/series", { method: "POST", body, signal });
  };
  return alone ? send([key], leave) : series.ask(JSON.stringify([runs, points, range]), key, most, send, leave);
}

/** Steps, both included. */
export interface Range {
  start: number;
  end: number;
}

/** `alone`: it waits for no other that could go with it. */
export const seriesQuery = (runs: readonly string[], key: string, points: number, range: Range | null = null, alone = false) =>
  queryOptions({
    queryKey: ["series", runs, key, points, range],
    queryFn: async ({ signal }): Promise<SeriesPoints[]> => {
      const answer = await together(runs, key, points, range, signal, alone);
      return answer.series.filter((one) => one.key === key);
    },
    placeholderData: (last, before) => (alike(before, { 2: key }) ? last : undefined),
  });

export type BandSpec = Omit<BandsRequest, "keys">;

export interface Bands {
  matched: number;
  used: number;
  groups: number;
  bands: BandAnswer[];
}

/** Keys of one question about bands: few, so that the first charts are soon there. */
const MOST_BANDS = 8;
const bands = new Gather<BandsAnswer>();

export const bandsQuery = (spec: BandSpec, key: string) =>
  queryOptions({
    queryKey: ["bands", spec, key],
    queryFn: async ({ signal: leave }): Promise<Bands> => {
      const send = (keys: string[], signal: AbortSignal) => ask<BandsAnswer>("runs/bands", { method: "POST", body: { ...spec, keys } satisfies BandsRequest, signal });
      const answer = await bands.ask(JSON.stringify(spec), key, MOST_BANDS, send, leave);
      return { ...answer, bands: answer.bands.filter((one) => one.key === key) };
    },
    placeholderData: (last, before) => (alike(before, { 2: key }) ? last : undefined),
  });
