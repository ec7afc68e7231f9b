/** Columns of all filtered runs as fields of a chart; expressions over columns too. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { rowsQuery } from "../../../api/runs";
import type { RunsTable } from "../../../api/schema.gen";
import { evaluate, type Expression, namesOf, parseExpression } from "../../../charts/expression";
import { asNumber, type ChartRuns, type Field, type Value } from "../../../charts/fields";
import { parseColumn } from "../../../lib/columns";
import { COLOUR_TAG, runColour } from "../../../lib/palette";
import type { Meanings } from "../layout";
import type { RunFilter } from "./useRunSet";

const NOTHING: Meanings = {};

/** A name within an expression: a metric, or a column with its kind. */
export function columnOf(name: string): string {
  return parseColumn(name) ? name : `metrics.${name}`;
}

/** Columns that an axis needs. Throws ExpressionError. */
export function columnsOf(axis: string): string[] {
  return axis.startsWith("=") ? namesOf(parseExpression(axis.slice(1))).map(columnOf) : [axis];
}

/** An axis as a person reads it, with the unit of a metric where one was said. */
export function nameOf(axis: string, meanings: Meanings = {}): string {
  if (axis.startsWith("=")) return axis.slice(1).trim();
  const spec = parseColumn(axis);
  if (!spec) return axis;
  const name = spec.stat === "last" ? spec.key : `${spec.key} ${spec.stat}`;
  const unit = spec.kind === "metrics" && spec.stat !== "count" ? meanings[spec.key]?.unit : "";
  return unit ? `${name}, ${unit}` : name;
}

export interface Fields {
  runs: ChartRuns;
  fields: ReadonlyMap<string, Field>;
  matched: number;
  /** Nothing has come yet. */
  empty: boolean;
  error: Error | null;
}

/** Where a run's own colour stands. */
const COLOUR = `tags.${COLOUR_TAG}`;

export function useFields(filter: RunFilter | null, axes: readonly string[], meanings: Meanings = NOTHING): Fields {
  const wanted = useMemo(() => {
    try {
      return { columns: [...new Set(axes.flatMap(columnsOf))].sort(), error: null };
    } catch (error) {
      return { columns: [], error: error instanceof Error ? error : new Error(String(error)) };
    }
  }, [axes]);
  const spec = { ...(filter ?? { experiment_ids: [], filter: "", view: "active" as const }), order_by: [], columns: [...wanted.columns, COLOUR] };
  const { data, error } = useQuery({ ...rowsQuery(spec), enabled: filter !== null && wanted.columns.length > 0 });
  return useMemo(() => {
    const pages = data ?? [];
    const failed = wanted.error ?? error;
    if (failed) return { runs: runsOf([]), fields: new Map(), matched: 0, empty: true, error: failed };
    return { runs: runsOf(pages), fields: new Map(axes.map((axis) => [axis, fieldOf(axis, pages, meanings)])), matched: pages[0]?.matched ?? 0, empty: !data, error: null };
  }, [data, error, wanted, axes, meanings]);
}

function runsOf(pages: readonly RunsTable[]): ChartRuns {
  return {
    ids: pages.flatMap((page) => page.run_ids),
    labels: pages.flatMap((page) => page.run_ids.map((id, i) => page.names[i] || id.slice(0, 8))),
    colours: pages.flatMap((page) => {
      const own = valuesOf(COLOUR, [page]);
      return page.ordinal.map((ordinal, i) => runColour(ordinal, page.experiments[i] ?? "", own[i]));
    }),
  };
}

function valuesOf(column: string, pages: readonly RunsTable[]): readonly Value[] {
  return pages.flatMap((page) => page.columns.find((one) => one.column === column)?.values ?? page.run_ids.map(() => null));
}

function fieldOf(axis: string, pages: readonly RunsTable[], meanings: Meanings): Field {
  if (!axis.startsWith("=")) return { id: axis, name: nameOf(axis, meanings), values: valuesOf(axis, pages) };
  const parsed: Expression = parseExpression(axis.slice(1));
  const columns = new Map(namesOf(parsed).map((name) => [name, valuesOf(columnOf(name), pages)]));
  const count = pages.reduce((sum, page) => sum + page.run_ids.length, 0);
  const values = Array.from({ length: count }, (_, i) => evaluate(parsed, (name) => asNumber(columns.get(name)?.[i] ?? null)));
  return { id: axis, name: nameOf(axis), values };
}
