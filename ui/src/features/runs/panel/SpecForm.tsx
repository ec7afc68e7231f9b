/** The axes of a chart, chosen among the columns that there are, or written as an expression. */

import { useId, useState } from "react";
import { parseExpression } from "../../../charts/expression";
import { turned } from "../../../lib/change";
import s from "./Panel.module.css";
import { KIND_NAMES, KINDS, type Kind, type OnSpec, type PanelSpec } from "./specs";
import { nameOf } from "./useFields";

/** Columns to choose from, the most telling ones first. */
export interface Choices {
  metrics: readonly string[];
  params: readonly string[];
}

interface Props {
  spec: PanelSpec;
  choices: Choices;
  onSpec: OnSpec;
}

type AxisKey = "x" | "y" | "z";

/** Which axes a kind has, what they are called, and whether they may be left out. */
const AXES: Readonly<Record<Kind, readonly (readonly [AxisKey, string, boolean])[]>> = {
  line: [["y", "Value", false]],
  bar: [
    ["y", "Value", false],
    ["x", "Group by", true],
  ],
  scatter: [
    ["x", "x", false],
    ["y", "y", false],
    ["z", "Colour", true],
  ],
  parallel: [["z", "Colour", true]],
  box: [
    ["y", "Value", false],
    ["x", "Group by", true],
  ],
  violin: [
    ["y", "Value", false],
    ["x", "Group by", true],
  ],
  contour: [
    ["x", "x", false],
    ["y", "y", false],
    ["z", "Colour", false],
  ],
  importance: [["y", "Metric", false]],
};

export function SpecForm({ spec, choices, onSpec }: Props) {
  const columns = [...choices.metrics.map((key) => `metrics.${key}`), ...choices.params.map((key) => `params.${key}`)];
  return (
    <>
      <label>
        Kind
        <select value={spec.kind} onChange={(event) => onSpec({ kind: event.target.value as Kind })}>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {KIND_NAMES[kind]}
            </option>
          ))}
        </select>
      </label>
      {AXES[spec.kind].map(([axis, name, optional]) => (
        <AxisField
          key={axis}
          name={name}
          value={spec[axis] ?? ""}
          columns={spec.kind === "importance" ? columns.filter((id) => id.startsWith("metrics.")) : columns}
          optional={optional}
          free={spec.kind !== "importance"}
          onlyFree={spec.kind === "line"}
          onChange={(value) => onSpec({ [axis]: value })}
        />
      ))}
      {spec.kind === "scatter" && (
        <label>
          Trend
          <input type="checkbox" checked={spec.trend ?? false} onChange={(event) => onSpec({ trend: event.target.checked })} />
        </label>
      )}
      {spec.kind === "parallel" && (
        <fieldset className={s.keys}>
          <legend>Axes</legend>
          {[...new Set([...(spec.keys ?? []), ...columns])].slice(0, 200).map((id) => (
            <label key={id}>
              <input
                type="checkbox"
                checked={spec.keys?.includes(id) ?? false}
                onChange={() => onSpec((now) => ({ keys: turned(now.keys ?? [], id) }))}
              />
              {nameOf(id)}
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}

interface AxisProps {
  name: string;
  value: string;
  columns: readonly string[];
  optional: boolean;
  free: boolean;
  onlyFree: boolean;
  onChange: (value: string) => void;
}

const EXPRESSION = "=";

function AxisField({ name, value, columns, optional, free, onlyFree, onChange }: AxisProps) {
  const written = onlyFree || value.startsWith(EXPRESSION);
  const [text, setText] = useState(value.replace(/^=/, ""));
  const [error, setError] = useState("");
  const id = useId();
  const commit = () => {
    try {
      parseExpression(text);
      setError("");
      onChange(`=${text.trim()}`);
    } catch (trouble) {
      setError(trouble instanceof Error ? trouble.message : String(trouble));
    }
  };
  return (
    <>
      {!onlyFree && (
        <label>
          {name}
          <select aria-label={name} value={written ? EXPRESSION : value} onChange={(event) => onChange(event.target.value)}>
            {optional && <option value="">–</option>}
            {!written && value && !columns.includes(value) && <option value={value}>{nameOf(value)}</option>}
            {columns.slice(0, 300).map((column) => (
              <option key={column} value={column}>
                {nameOf(column)}
              </option>
            ))}
            {free && <option value={EXPRESSION}>an expression…</option>}
          </select>
        </label>
      )}
      {written && (
        <label>
          {onlyFree ? name : "is"}
          <input
            value={text}
            aria-label={`Expression of ${name}`}
            aria-invalid={error ? true : undefined}
            aria-describedby={error ? id : undefined}
            placeholder="log(`val/loss`) - log(loss)"
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
            onBlur={commit}
            onKeyDown={(event) => event.key === "Enter" && commit()}
          />
        </label>
      )}
      {error && <small id={id}>{error}</small>}
    </>
  );
}
