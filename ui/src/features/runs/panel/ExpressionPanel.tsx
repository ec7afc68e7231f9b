/** Curves of an expression: each run's metrics are worked out together, step by step. */

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SeriesPoints } from "../../../api/schema.gen";
import { seriesQuery } from "../../../api/series";
import { ChartCard } from "../../../charts/ChartCard";
import { ChartFrame } from "../../../charts/ChartFrame";
import s from "../../../charts/ChartCard.module.css";
import { combine } from "../../../charts/combine";
import { type Expression, namesOf, parseExpression } from "../../../charts/expression";
import { type Line, stepsBetween, toLine, type XAxis } from "../../../charts/lines";
import { plural } from "../../../lib/format";
import type { PanelContext } from "./MetricPanel";

/** Runs whose expression is drawn, and metrics it may use. */
const MOST_RUNS = 100;
const MOST_NAMES = 8;
const POINTS = 600;

interface Props {
  expression: string;
  context: PanelContext;
  height: number;
  tools: React.ReactNode;
}

function understood(text: string): { parsed: Expression; names: string[]; error: null } | { parsed: null; names: string[]; error: Error } {
  try {
    const parsed = parseExpression(text);
    const names = namesOf(parsed);
    const wrong = names.length === 0 ? "An expression needs a metric" : names.length > MOST_NAMES ? `At most ${MOST_NAMES} metrics` : names.find((name) => name.startsWith("params.")) ? "Lines are of metrics; params can be used in bars and scatter" : null;
    return wrong ? { parsed: null, names: [], error: new Error(wrong) } : { parsed, names: names.map((name) => name.replace(/^metrics\./, "")), error: null };
  } catch (error) {
    return { parsed: null, names: [], error: error instanceof Error ? error : new Error(String(error)) };
  }
}

export function ExpressionPanel({ expression, context, height, tools }: Props) {
  const { set, settings, onSettings, looks, lit, onLit } = context;
  const { parsed, names, error } = useMemo(() => understood(expression), [expression]);
  const ids = useMemo(() => set.ids.slice(0, MOST_RUNS), [set.ids]);
  const { x, zoom } = settings;
  const axis: XAxis = x.startsWith("metrics.") ? "step" : x;
  const whole = useSeries(ids, names, null);
  const wholeLines = useMemo(() => (whole && parsed ? linesOf(parsed, whole, looks, axis) : undefined), [whole, parsed, looks, axis]);
  const wanted = useMemo(() => (zoom && wholeLines ? stepsBetween(wholeLines, zoom) : null), [zoom, wholeLines]);
  const finer = useSeries(wanted ? ids : NOBODY, names, wanted);
  const lines = useMemo(() => (wanted && finer && parsed ? linesOf(parsed, finer, looks, axis) : wholeLines), [wanted, finer, parsed, looks, axis, wholeLines]);
  if (error) {
    return (
      <ChartFrame name={expression || "expression"} sheet={null} picture={null} {...{ height, tools }}>
        {() => <p className={s.note}>{error.message}</p>}
      </ChartFrame>
    );
  }
  return (
    <ChartCard
      name={expression}
      bands={[]}
      error={set.error}
      settings={{ ...settings, x: axis }}
      sync={`runs-${x}`}
      value={set.matched > ids.length && ids.length > 0 ? `newest ${plural(ids.length, "run")}` : undefined}
      onZoom={(next) => onSettings({ ...settings, zoom: next })}
      onUnclip={() => onSettings({ ...settings, clip: false })}
      {...{ lines, lit, onLit, height, tools }}
    />
  );
}

const NOBODY: readonly string[] = [];

function useSeries(ids: readonly string[], names: readonly string[], range: { start: number; end: number } | null): readonly (readonly SeriesPoints[])[] | null {
  const found = useQueries({ queries: names.map((name) => ({ ...seriesQuery(ids, name, POINTS, range), enabled: ids.length > 0 })) });
  const answers = found.map((one) => (one.isPlaceholderData ? undefined : one.data));
  return useMemo(() => (answers.length > 0 && answers.every((one) => one !== undefined) ? (answers as SeriesPoints[][]) : null), answers.length ? answers : [null]);
}

function linesOf(parsed: Expression, series: readonly (readonly SeriesPoints[])[], looks: PanelContext["looks"], axis: XAxis): Line[] {
  const names = namesOf(parsed);
  const first = series[0] ?? [];
  return first.flatMap((one) => {
    const look = looks.get(one.run_id);
    const parts = series.map((list) => list.find((other) => other.run_id === one.run_id));
    if (!look || parts.some((part) => part === undefined)) return [];
    const made = combine(parsed, new Map(names.map((name, i) => [name, parts[i] as SeriesPoints])));
    return made ? [toLine(made, axis, look.start, look)] : [];
  });
}
