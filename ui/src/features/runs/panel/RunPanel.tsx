/** A chart that somebody added: bars, points, parallel axes, boxes, a surface, the weight of params. */

import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { importanceQuery } from "../../../api/importance";
import { ChartFrame } from "../../../charts/ChartFrame";
import { endless, isNumeric } from "../../../charts/fields";
import { Bars } from "../../../charts/kinds/Bars";
import { Boxes } from "../../../charts/kinds/Boxes";
import { chosen } from "../../../charts/kinds/brushes";
import { Contour } from "../../../charts/kinds/Contour";
import { Importances } from "../../../charts/kinds/Importances";
import { Parallel } from "../../../charts/kinds/Parallel";
import { Scatter } from "../../../charts/kinds/Scatter";
import type { KindProps, OnBrush } from "../../../charts/kinds/types";
import { drawnIn, type Sheet } from "../../../charts/picture";
import { formatCount } from "../../../lib/format";
import { say } from "../../../ui/Toasts";
import s from "../../../charts/ChartCard.module.css";
import { applyBrush, readBrushes, withoutBrushes } from "./brush";
import { ExpressionPanel } from "./ExpressionPanel";
import type { PanelContext } from "./MetricPanel";
import { KIND_NAMES, type OnSpec, type PanelSpec } from "./specs";
import { type Fields, nameOf, useFields } from "./useFields";

export interface RunPanelProps {
  spec: PanelSpec;
  context: PanelContext;
  onFilter: (filter: string) => void;
  onSpec: OnSpec;
  onOpen: (id: string) => void;
  tools: React.ReactNode;
}

export function titleOf(spec: PanelSpec): string {
  const [x, y, z] = [spec.x, spec.y, spec.z].map((axis) => (axis ? nameOf(axis) : ""));
  if (spec.kind !== "line" && axesOf(spec).length === 0) return KIND_NAMES[spec.kind];
  switch (spec.kind) {
    case "line":
      return y || "expression";
    case "scatter":
      return `${y} against ${x}`;
    case "contour":
      return `${z} over ${x} and ${y}`;
    case "parallel":
      return `${(spec.keys ?? []).length} axes${z ? `, colour ${z}` : ""}`;
    case "importance":
      return `What matters for ${y}`;
    default:
      return x ? `${y} by ${x}` : (y ?? "");
  }
}

export function RunPanel(props: RunPanelProps) {
  if (props.spec.kind === "importance") return <ImportancePanel {...props} />;
  if (props.spec.kind === "line") return <ExpressionPanel expression={(props.spec.y ?? "").replace(/^=/, "")} context={props.context} height={props.spec.tall} tools={props.tools} />;
  return <FieldPanel {...props} />;
}

function axesOf(spec: PanelSpec): string[] {
  const list = spec.kind === "parallel" ? [...(spec.keys ?? []), spec.z] : [spec.x, spec.y, spec.z];
  return [...new Set(list.filter((axis): axis is string => Boolean(axis)))];
}

export function FieldPanel({ spec, context, onFilter, onSpec, onOpen, tools, title }: Omit<RunPanelProps, "onSpec"> & { onSpec?: RunPanelProps["onSpec"]; title?: string }) {
  const box = useRef<HTMLDivElement>(null);
  const { filter, lit, onLit } = context;
  const axes = useMemo(() => axesOf(spec), [spec]);
  const brushable = spec.kind === "scatter" || spec.kind === "parallel";
  const base = useMemo(() => (filter && brushable ? { ...filter, filter: withoutBrushes(filter.filter, axes) } : filter), [filter, brushable, axes]);
  const brushes = useMemo(() => readBrushes(brushable ? (filter?.filter ?? "") : "", axes), [brushable, filter, axes]);
  const data = useFields(base, axes, context.meanings);
  const inside = useMemo(() => data.runs.ids.map((_, i) => [...brushes].every(([id, brush]) => chosen(brush, data.fields.get(id)?.values[i] ?? null))), [data, brushes]);
  const name = title ?? titleOf(spec);
  const onBrush: OnBrush = (changes) => {
    try {
      onFilter(changes.reduce((text, [field, brush]) => applyBrush(text, field, brush), filter?.filter ?? ""));
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), { tone: "error" });
    }
  };
  const get = (axis: string | undefined) => (axis ? (data.fields.get(axis) ?? null) : null);
  const ready = !data.empty && data.runs.ids.length > 0;
  return (
    <ChartFrame
      {...{ name, tools }}
      height={spec.tall}
      value={told(data, spec)}
      sheet={ready ? () => sheetOf(data) : null}
      picture={ready ? () => drawnIn(box.current, name) : null}
      onReset={brushes.size ? () => onFilter(withoutBrushes(filter?.filter ?? "", axes)) : undefined}
    >
      {(height) => (
        <div ref={box} style={{ flex: 1, minHeight: 0 }}>
          {data.error ? (
            <p className={s.note}>{data.error.message}</p>
          ) : axes.length === 0 ? (
            <p className={s.note}>Nothing is chosen to be drawn.</p>
          ) : !ready ? (
            data.empty ? <div className={s.bar} style={{ height: height - 24 }} /> : <p className={s.note}>No runs</p>
          ) : (
            <Kind {...{ spec, get, brushes, onBrush, onSpec }} common={{ name, height, runs: data.runs, inside, lit, onLit, onOpen }} />
          )}
        </div>
      )}
    </ChartFrame>
  );
}

interface KindOf {
  spec: PanelSpec;
  get: (axis: string | undefined) => ReturnType<Fields["fields"]["get"]> | null;
  brushes: ReturnType<typeof readBrushes>;
  onBrush: OnBrush;
  onSpec?: RunPanelProps["onSpec"] | undefined;
  common: KindProps;
}

function Kind({ spec, get, brushes, onBrush, onSpec, common }: KindOf) {
  const [x, y, z] = [get(spec.x) ?? null, get(spec.y) ?? null, get(spec.z) ?? null];
  const fields = useMemo(() => (spec.keys ?? []).map(get).filter((field) => field !== null && field !== undefined), [spec.keys, get]);
  switch (spec.kind) {
    case "scatter":
      return x && y ? <Scatter {...common} {...{ x, y, z, brushes, onBrush }} withTrend={spec.trend ?? false} /> : <Incomplete />;
    case "parallel":
      return fields.length > 1 ? <Parallel {...common} {...{ fields, z, brushes, onBrush }} onOrder={(next) => onSpec?.({ keys: next.map((field) => field.id) })} /> : <Incomplete />;
    case "box":
    case "violin":
      return y ? <Boxes {...common} {...{ x, y }} violin={spec.kind === "violin"} /> : <Incomplete />;
    case "contour":
      return x && y && z ? <Contour {...common} {...{ x, y, z }} /> : <Incomplete />;
    default:
      return y ? <Bars {...common} {...{ x, y }} /> : <Incomplete />;
  }
}

function Incomplete() {
  return <p className={s.note}>Choose what the axes are in the menu of this chart (⋯)</p>;
}

function ImportancePanel({ spec, context, tools }: RunPanelProps) {
  const box = useRef<HTMLDivElement>(null);
  const { filter } = context;
  const { data, error } = useQuery({ ...importanceQuery({ metric: spec.y ?? "", ...(filter ?? {}) }), enabled: filter !== null && Boolean(spec.y) });
  const name = titleOf(spec);
  const head = ["param", "importance", "low", "high", "correlation", "low", "high", "p", "runs"];
  const sheet = (): Sheet => ({
    head: head.map((word, i) => (i > 4 && (word === "low" || word === "high") ? `correlation ${word}` : word)),
    rows: (data?.params ?? []).map((row) => [row.name, row.importance, row.low, row.high, row.correlation, row.correlation_low, row.correlation_high, row.p, row.runs]),
  });
  return (
    <ChartFrame
      {...{ name, tools }}
      height={spec.tall}
      value={data && data.used < data.matched ? `${formatCount(data.used)} of ${formatCount(data.matched)} runs` : undefined}
      sheet={data?.params.length ? sheet : null}
      picture={data?.params.length ? () => drawnIn(box.current, name, data.words) : null}
    >
      {(height) => (
        <div ref={box} style={{ flex: 1, minHeight: 0 }}>
          {error && !data ? (
            <p className={s.note}>{error.message}</p>
          ) : data ? (
            <Importances {...{ name, height }} params={data.params} words={data.words} />
          ) : (
            <p className={s.note} role="status">
              Growing trees…
            </p>
          )}
        </div>
      )}
    </ChartFrame>
  );
}

/** What of the runs the chart does not show. */
function told({ matched, runs, fields }: Fields, { kind, x }: PanelSpec): string | undefined {
  const said = matched > runs.ids.length ? [`newest ${formatCount(runs.ids.length)} of ${formatCount(matched)}`] : [];
  const numeric = [...fields.values()].filter((field) => isNumeric(field.values));
  // Bars of single runs say what those have.
  const out = kind === "bar" && !x ? 0 : runs.ids.filter((_, i) => numeric.some((field) => endless(field.values[i] ?? null))).length;
  if (out) said.push(`without ${formatCount(out)} of NaN or ∞`);
  return said.join(", ") || undefined;
}

function sheetOf({ runs, fields }: Fields): Sheet {
  const columns = [...fields.values()];
  return { head: ["run", "run_id", ...columns.map((field) => field.name)], rows: runs.ids.map((id, i) => [runs.labels[i] ?? "", id, ...columns.map((field) => field.values[i] ?? null)]) };
}
