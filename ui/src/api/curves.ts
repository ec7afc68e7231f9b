/** Points of one metric for a chart, and finer ones of the stretch that it is zoomed to. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SeriesPoints } from "./schema.gen";
import { type Range, seriesQuery } from "./series";

type Zoom = readonly [number, number];

export interface Curve<Lines> {
  ids: readonly string[];
  metric: string;
  points: number;
  /** Another metric that is the x axis. */
  along: string | null;
  zoom: Zoom | null;
  /** The points, with those of the x axis where that is a metric, as lines. */
  lines: (points: SeriesPoints[], xs: SeriesPoints[] | undefined) => Lines;
  /** Steps that lie in a stretch of the x axis. */
  between: (lines: Lines, zoom: Zoom) => Range | null;
}

/** `lines` are those of the whole until finer ones are there. `ahead` asks for these at once: the page needs a while to be drawn at the new zoom, and asks then. */
export function useCurve<Lines>({ ids, metric, points, along, zoom, lines, between }: Curve<Lines>) {
  const client = useQueryClient();
  const on = ids.length > 0;
  const whole = usePoints(ids, metric, along, points, null, on);
  const wholeLines = useMemo(() => whole.points && lines(whole.points, whole.xs), [whole.points, whole.xs, lines]);
  const wanted = useMemo(() => (zoom && wholeLines ? between(wholeLines, zoom) : null), [zoom, wholeLines, between]);
  const thinned = whole.points?.some((one) => one.total > one.steps.length) ?? false;
  const finer = usePoints(ids, metric, along, points, wanted, on && thinned && wanted !== null);
  const finerLines = useMemo(() => finer.points && lines(finer.points, finer.xs), [finer.points, finer.xs, lines]);
  const ahead = (to: Zoom | null) => {
    const range = to && wholeLines && thinned ? between(wholeLines, to) : null;
    for (const key of range ? [metric, along] : []) if (key !== null) void client.prefetchQuery(seriesQuery(ids, key, points, range, true));
  };
  return { lines: finerLines ?? wholeLines, error: whole.error, ahead };
}

/** Points and those of the x axis, both of this very stretch or neither. */
function usePoints(ids: readonly string[], metric: string, along: string | null, points: number, range: Range | null, on: boolean) {
  const own = useQuery({ ...seriesQuery(ids, metric, points, range), enabled: on });
  const xs = useQuery({ ...seriesQuery(ids, along ?? "", points, range), enabled: on && along !== null });
  const late = range !== null && (own.isPlaceholderData || xs.isPlaceholderData);
  const ready = on && !late && (along === null || xs.data !== undefined);
  return { points: ready ? own.data : undefined, xs: ready ? xs.data : undefined, error: own.error };
}
