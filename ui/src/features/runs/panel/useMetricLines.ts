/** The curves of one metric: one a run, or bands of all with a few runs on top; finer where the chart is zoomed. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SeriesPoints } from "../../../api/schema.gen";
import { type BandSpec, bandsQuery, seriesQuery } from "../../../api/series";
import { type Band, bandAsk, bandsOf, drawsBands } from "../../../charts/bands";
import { type Line, stepsBetween, toLine, type XAxis } from "../../../charts/lines";
import type { ChartSettings } from "../../../charts/settings";
import type { RunFilter, RunLook, RunSet } from "./useRunSet";

/** Points that all lines of one chart share. */
const ALL_POINTS = 120_000;

export interface Curves {
  lines: readonly Line[] | undefined;
  bands: readonly Band[];
  error: Error | null;
  /** Groups there are, of which not all may be drawn; runs that were looked at. */
  groups: number;
  used: number;
  /** Every run has one value only: there is no curve to draw. */
  single: boolean;
  banded: boolean;
}

interface Asked {
  metric: string;
  set: RunSet;
  filter: RunFilter | null;
  settings: ChartSettings;
  /** Runs drawn on top of bands. */
  top: readonly string[];
  looks: ReadonlyMap<string, RunLook>;
}

const NO_BANDS: readonly Band[] = [];

export function useCurves({ metric, set, filter, settings, top, looks }: Asked): Curves {
  const banded = drawsBands(settings, set.matched);
  const ids = banded ? top : set.ids;
  const points = Math.round(Math.min(800, Math.max(40, ALL_POINTS / Math.max(1, ids.length))));
  const { lines, error } = useLines(ids, metric, points, settings.x, settings.zoom, looks);
  const answer = useBands(banded ? filter : null, metric, settings);
  return {
    lines: banded ? (lines ?? (answer.data ? [] : undefined)) : set.ids.length || !filter ? lines : set.error ? [] : undefined,
    bands: answer.bands ?? NO_BANDS,
    error: error ?? answer.error ?? set.error,
    groups: answer.data?.groups ?? 1,
    used: answer.data?.used ?? ids.length,
    single: banded ? (answer.bands?.length ?? 0) > 0 && (answer.bands ?? NO_BANDS).every((band) => band.points === band.runs) : (lines?.length ?? 0) > 0 && (lines ?? []).every((line) => line.ys.length <= 1 && line.ys[0] !== null),
    banded,
  };
}

function useLines(ids: readonly string[], metric: string, points: number, axis: XAxis, zoom: ChartSettings["zoom"], looks: ReadonlyMap<string, RunLook>) {
  const along = axis.startsWith("metrics.") ? axis.slice("metrics.".length) : null;
  const on = ids.length > 0;
  const whole = useQuery({ ...seriesQuery(ids, metric, points), enabled: on });
  const wholeX = useQuery({ ...seriesQuery(ids, along ?? "", points), enabled: on && along !== null });
  const ready = along === null || wholeX.data !== undefined;
  const wholeLines = useMemo(() => (on && ready ? toLines(whole.data, looks, axis, wholeX.data) : undefined), [on, ready, whole.data, wholeX.data, looks, axis]);
  const wanted = useMemo(() => (zoom && wholeLines ? stepsBetween(wholeLines, zoom[0], zoom[1]) : null), [zoom, wholeLines]);
  const thinned = whole.data?.some((one) => one.total > one.steps.length) ?? false;
  const ask = on && thinned && wanted !== null;
  const finer = useQuery({ ...seriesQuery(ids, metric, points, wanted), enabled: ask });
  const finerX = useQuery({ ...seriesQuery(ids, along ?? "", points, wanted), enabled: ask && along !== null });
  const finerLines = useMemo(
    () => (ask && !finer.isPlaceholderData && (along === null || (finerX.data && !finerX.isPlaceholderData)) ? toLines(finer.data, looks, axis, finerX.data) : undefined),
    [ask, along, finer.data, finer.isPlaceholderData, finerX.data, finerX.isPlaceholderData, looks, axis],
  );
  return { lines: finerLines ?? wholeLines, error: whole.error };
}

function toLines(points: SeriesPoints[] | undefined, looks: ReadonlyMap<string, RunLook>, axis: XAxis, along: SeriesPoints[] | undefined): Line[] | undefined {
  const byRun = new Map(along?.map((one) => [one.run_id, one]));
  return points?.flatMap((one) => {
    const look = looks.get(one.run_id);
    return look ? [toLine(one, axis, look.start, look, byRun.get(one.run_id))] : [];
  });
}

function useBands(filter: RunFilter | null, metric: string, settings: ChartSettings) {
  const spec = useMemo((): BandSpec => ({ ...(filter ?? {}), ...bandAsk(settings) }), [filter, settings]);
  const { data, error } = useQuery({ ...bandsQuery(spec, metric), enabled: filter !== null });
  const bands = useMemo(() => (filter ? data && bandsOf(data.bands, settings) : undefined), [filter, data, settings]);
  return { data, bands, error };
}
