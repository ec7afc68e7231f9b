/** Confusion matrices: square counts with a name for each class, as JSON, a logged table or a CSV has them. Pure. */

import type { LoggedTable } from "./table";

export interface Confusion {
  labels: string[];
  /** counts[true class][predicted class] */
  counts: number[][];
}

const MOST_CLASSES = 60;
const COUNTS = ["confusion_matrix", "matrix", "cm", "data", "values"];
const NAMES = ["labels", "classes", "class_names", "target_names", "index"];

/** `null` for a text that holds none: `[[…]]`, or an object with the counts and perhaps the labels. */
export function readConfusion(text: string): Confusion | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(read)) return square(read, []);
  if (typeof read !== "object" || read === null) return null;
  const facts = read as Record<string, unknown>;
  const names = NAMES.map((name) => facts[name]).find(Array.isArray) as unknown[] | undefined;
  for (const name of COUNTS) {
    const found = Array.isArray(facts[name]) && square(facts[name], names ?? []);
    if (found) return found;
  }
  return null;
}

/** A table whose first column names the classes that its heads name, too. */
export function confusionOfTable({ head, rows }: LoggedTable): Confusion | null {
  const labels = head.slice(1);
  if (labels.length < 2 || rows.length !== labels.length || rows.some((row, i) => row[0] !== labels[i])) return null;
  return square(
    rows.map((row) => row.slice(1).map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)))),
    labels,
  );
}

function square(rows: readonly unknown[], labels: readonly unknown[]): Confusion | null {
  const size = rows.length;
  if (size < 2 || size > MOST_CLASSES || (labels.length !== 0 && labels.length !== size)) return null;
  const whole = rows.every((row) => Array.isArray(row) && row.length === size && row.every((cell) => typeof cell === "number" && Number.isFinite(cell) && cell >= 0));
  if (!whole) return null;
  return { labels: labels.length ? labels.map(String) : rows.map((_, i) => String(i)), counts: rows as number[][] };
}

/** Share of what lies on the diagonal. */
export function accuracyOf({ counts }: Confusion): number {
  let [right, all] = [0, 0];
  counts.forEach((row, i) =>
    row.forEach((count, j) => {
      all += count;
      if (i === j) right += count;
    }),
  );
  return all ? right / all : Number.NaN;
}

/** Counts of `after` less those of `before`, class by class; null where their classes are not the same. */
export function confusionChange(before: Confusion, after: Confusion): number[][] | null {
  if (before.labels.join("\n") !== after.labels.join("\n")) return null;
  return after.counts.map((row, i) => row.map((count, j) => count - (before.counts[i]?.[j] ?? 0)));
}
