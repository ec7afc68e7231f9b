/** Sorting and searching rows of runs. Pure. */

import { natural } from "../lib/natural";
import { toNumber } from "../lib/format";
import type { Cells, Contents } from "./contents";

export const keyOf = (column: string) => column.slice(column.indexOf(".") + 1);

/** Rows in order of a column; what is no number, and what is not there, come last in both directions. */
export function sorted(rows: readonly number[], cells: Cells, descending: boolean): number[] {
  const numbers = cells.column.startsWith("metrics.") || cells.values.every((value) => value === null || isNumber(value));
  const rank = (row: number) => {
    const value = cells.values[row] ?? null;
    if (value === null) return 2;
    return numbers && Number.isNaN(toNumber(value)) ? 1 : 0;
  };
  return [...rows].sort((a, b) => {
    const by = rank(a) - rank(b);
    if (by !== 0 || rank(a) > 0) return by || a - b;
    const [left, right] = [cells.values[a] ?? "", cells.values[b] ?? ""];
    const order = numbers ? (toNumber(left) ?? 0) - (toNumber(right) ?? 0) : natural(String(left), String(right));
    return (descending ? -order : order) || a - b;
  });
}

const isNumber = (value: unknown) => typeof value === "number" || (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)));

/** Words that all must be in the row, and conditions such as `loss<0.1` or `model=cnn`. */
export function matching(contents: Contents, text: string): number[] {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  return contents.runs.map((_, i) => i).filter((row) => parts.every((part) => fits(contents, row, part)));
}

function fits(contents: Contents, row: number, part: string): boolean {
  const condition = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(part);
  const run = contents.runs[row];
  if (!run) return false;
  if (!condition) {
    const words = [run.name, run.run_id, run.status, run.experiment_name, run.user].join(" ").toLowerCase();
    return words.includes(part) || contents.columns.some((one) => one.column.startsWith("params.") && String(one.values[row] ?? "").toLowerCase().includes(part));
  }
  const [, key = "", operator = "", wanted = ""] = condition;
  const cells = contents.columns.find((one) => one.column.toLowerCase() === key || keyOf(one.column).toLowerCase() === key);
  const value = cells?.values[row];
  if (value === null || value === undefined) return false;
  if (operator === "=" && Number.isNaN(Number(wanted))) return String(value).toLowerCase() === wanted;
  const [a, b] = [Number(value), Number(wanted)];
  return { "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "=": a === b }[operator] ?? false;
}

/** The best run for the objective; null when nobody has a number. NaN never wins. */
export function winner(contents: Contents): number | null {
  const goal = contents.objective;
  const cells = goal && contents.columns.find((one) => one.column === goal.column);
  if (!goal || !cells) return null;
  let best: number | null = null;
  cells.values.forEach((wire, row) => {
    const value = toNumber(wire);
    if (value === null || Number.isNaN(value)) return;
    const top = best === null ? null : toNumber(cells.values[best]);
    if (top === null || (goal.direction === "min" ? value < top : value > top)) best = row;
  });
  return best;
}

/** Does the column differ between runs? */
export function differs(cells: Cells): boolean {
  return new Set(cells.values.map(String)).size > 1;
}
