/** Several series of one run worked out together. Pure. */

import { toNumber } from "../lib/format";
import { evaluate, type Expression } from "./expression";
import { type Points, valueAt } from "./lines";

/** At every step that any of the series has, each interpolated there; so every extreme of each is met. */
export function combine(expression: Expression, series: ReadonlyMap<string, Points>): Points | null {
  const parts = [...series].map(([name, points]) => ({ name, points, values: points.values.map(toNumber) }));
  const first = parts[0];
  if (!first) return null;
  const times = new Map<number, number>();
  for (const { points } of parts) points.steps.forEach((step, i) => times.has(step) || times.set(step, points.timestamps[i] ?? 0));
  const steps = [...times.keys()].sort((a, b) => a - b);
  const found = steps.map((step) => {
    const at = new Map(parts.map(({ name, points, values }) => [name, valueAt(points.steps, values, step)]));
    return evaluate(expression, (name) => at.get(name) ?? null);
  });
  const kept = steps.flatMap((step, i) => (found[i] === null ? [] : [{ step, value: found[i] as number }]));
  return {
    run_id: first.points.run_id,
    key: "",
    steps: kept.map((one) => one.step),
    values: kept.map((one) => one.value),
    timestamps: kept.map((one) => times.get(one.step) ?? 0),
    total: Math.max(kept.length, ...parts.map(({ points }) => points.total)),
  };
}
