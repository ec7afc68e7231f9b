/** Points of metrics. Charts that ask at the same moment share one question. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ask } from "./http";
import type { SeriesAnswer, SeriesPoints, SeriesRequest } from "./schema.gen";

interface Waiting {
  keys: Set<string>;
  answers: Promise<SeriesAnswer>;
}

const waiting = new Map<string, Waiting>();

/** Keys asked for within one turn of the event loop, with the same runs, points and range, go out together. */
function together(runs: readonly string[], key: string, points: number, range: Range | null): Promise<SeriesAnswer> {
  const name = JSON.stringify([runs, points, range]);
  const open = waiting.get(name);
  if (open) {
    open.keys.add(key);
    return open.answers;
  }
  const keys = new Set([key]);
  const answers = new Promise<void>((resume) => setTimeout(resume, 8)).then(() => {
    waiting.delete(name);
    const body: SeriesRequest = { run_ids: [...runs], keys: [...keys], points };
    if (range) Object.assign(body, { start: Math.floor(range.start), end: Math.ceil(range.end) });
    return ask<SeriesAnswer>("runs/series", { method: "POST", body });
  });
  waiting.set(name, { keys, answers });
  return answers;
}

/** Steps, both included. */
export interface Range {
  start: number;
  end: number;
}

export const seriesQuery = (runs: readonly string[], key: string, points: number, range: Range | null = null) =>
  queryOptions({
    queryKey: ["series", runs, key, points, range],
    queryFn: async (): Promise<SeriesPoints[]> => {
      const answer = await together(runs, key, points, range);
      return answer.series.filter((series) => series.key === key);
    },
    placeholderData: keepPreviousData,
  });
