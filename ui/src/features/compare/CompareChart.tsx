import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useCurve } from "../../api/curves";
import type { ComparedRun, SeriesPoints } from "../../api/schema.gen";
import { type BandSpec, bandsQuery } from "../../api/series";
import { bandAsk, bandsOf, drawsBands } from "../../charts/bands";
import { ChartCard } from "../../charts/ChartCard";
import { type Line, stepsBetween, toLine } from "../../charts/lines";
import type { ChartSettings, OnSettings } from "../../charts/settings";
import { COLOUR_TAG, runColour, runDash } from "../../lib/palette";
import { nameOf } from "./Matrix";

const POINTS = 800;

interface Props {
  runs: readonly ComparedRun[];
  /** The run that all are compared to. */
  base: ComparedRun | undefined;
  name: string;
  unit?: string | undefined;
  settings: ChartSettings;
  onSettings: OnSettings;
}

/** One metric: a line for each run, or of many runs the band in which they lie with the baseline on top. */
export function CompareChart({ runs, base, name, unit, settings, onSettings }: Props) {
  const banded = drawsBands(settings, runs.length);
  const ids = useMemo(() => (banded ? (base ? [base] : []) : runs).map((run) => run.info.run_id), [banded, base, runs]);
  const spec = useMemo((): BandSpec => ({ ...ofRuns(runs), ...bandAsk(settings) }), [runs, settings]);
  const answer = useQuery({ ...bandsQuery(spec, name), enabled: banded });
  const bands = useMemo(() => (banded && answer.data ? bandsOf(answer.data.bands, settings) : undefined), [banded, answer.data, settings]);
  const axis = settings.x;
  const lines = useCallback((points: readonly SeriesPoints[]) => toLines(points, runs, axis), [runs, axis]);
  const curve = useCurve({ ids, metric: name, points: POINTS, along: null, zoom: settings.zoom, lines, between: stepsBetween });
  return (
    <ChartCard
      {...{ name, unit }}
      lines={curve.lines}
      bands={bands}
      error={curve.error ?? answer.error}
      settings={settings}
      sync={`compare-${axis}`}
      onZoom={(next) => {
        curve.ahead(next);
        onSettings({ zoom: next });
      }}
      onUnclip={() => onSettings({ clip: false })}
    />
  );
}

function ofRuns(runs: readonly ComparedRun[]) {
  const names = runs.map((run) => `'${run.info.run_id.replaceAll("'", "")}'`).join(", ");
  return { experiment_ids: [...new Set(runs.map((run) => run.info.experiment_id))], filter: `attributes.run_id IN (${names})`, view: "all" as const };
}

function toLines(points: readonly SeriesPoints[], runs: readonly ComparedRun[], axis: ChartSettings["x"]): Line[] {
  return points.flatMap((one) => {
    const run = runs.find((other) => other.info.run_id === one.run_id);
    if (!run) return [];
    const ordinal = run.info.ordinal ?? 0;
    return [toLine(one, axis, run.info.start_time, { label: nameOf(run), colour: runColour(ordinal, run.info.experiment_id, run.tags[COLOUR_TAG]), dash: runDash(ordinal) })];
  });
}
