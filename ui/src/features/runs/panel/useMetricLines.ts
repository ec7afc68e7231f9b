/** The curves of one metric: one a run, or bands of all with a few runs on top; finer where the chart is zoomed. */

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { SeriesPoints } from "../../../api/schema.gen";
import { useCurve } from "../../../api/curves";
import { type BandSpec, bandsQuery } from "../../../api/series";
import { type Band, bandAsk, bandsOf, drawsBands } from "../../../charts/bands";
import { alongOf, type Line, stepsBetween, toLine, type XAxis } from "../../../charts/lines";
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
  /** Ask for the points of a zoom before it is drawn. */
  ahead: (zoom: ChartSettings["zoom"]) => void;
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
  const { lines, error, ahead } = useLines(ids, metric, points, settings.x, settings.zoom, looks);
  const answer = useBands(banded ? filter : null, metric, settings);
  return {
    lines: banded ? (lines ?? (answer.data ? [] : undefined)) : set.ids.length || !filter ? lines : set.error ? [] : undefined,
    bands: answer.bands ?? NO_BANDS,
    error: error ?? answer.error ?? set.error,
    groups: answer.data?.groups ?? 1,
    used: answer.data?.used ?? ids.length,
    single: banded ? (answer.bands?.length ?? 0) > 0 && (answer.bands ?? NO_BANDS).every((band) => band.points === band.runs) : (lines?.length ?? 0) > 0 && (lines ?? []).every((line) => line.ys.length <= 1 && line.ys[0] !== null),
    banded,
    ahead,
  };
}

function useLines(ids: readonly string[], metric: string, points: number, axis: XAxis, zoom: ChartSettings["zoom"], looks: ReadonlyMap<string, RunLook>) {
  const lines = useCallback((own: readonly SeriesPoints[], xs: readonly SeriesPoints[] | undefined) => toLines(own, looks, axis, xs), [looks, axis]);
  return useCurve({ ids, metric, points, along: alongOf(axis), zoom, lines, between: stepsBetween });
}

function toLines(points: readonly SeriesPoints[], looks: ReadonlyMap<string, RunLook>, axis: XAxis, along: readonly SeriesPoints[] | undefined): Line[] {
  const byRun = new Map(along?.map((one) => [one.run_id, one]));
  return points.flatMap((one) => {
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
