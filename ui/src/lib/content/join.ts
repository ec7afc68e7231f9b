/** Two tables as one, row to row by a key. Pure. */

import type { LoggedTable } from "./table";

export interface JoinedRow {
  key: string;
  /** Cells of the columns that both have; null where the table has no such row. */
  before: readonly string[] | null;
  after: readonly string[] | null;
  differs: readonly boolean[];
  kind: "same" | "changed" | "added" | "removed";
}

export interface Joined {
  columns: string[];
  rows: JoinedRow[];
  counts: Record<JoinedRow["kind"], number>;
}

/** Columns that both tables have and that name each of their rows once, the first of them the likeliest key. */
export function keyColumns(before: LoggedTable, after: LoggedTable): string[] {
  return before.head.filter((name, i) => {
    const j = after.head.indexOf(name);
    return j >= 0 && before.head.indexOf(name) === i && unique(before, i) && unique(after, j);
  });
}

function unique(table: LoggedTable, column: number): boolean {
  return new Set(table.rows.map((row) => row[column] ?? "")).size === table.rows.length;
}

/** The same text, or the same number: 1 is 1.0. */
export function sameCell(a: string, b: string): boolean {
  return a === b || (a !== "" && b !== "" && Number(a) === Number(b));
}

/** An empty `key`: by their place, the first row is row 1. */
export function joinTables(before: LoggedTable, after: LoggedTable, key: string): Joined {
  const columns = before.head.filter((name, i) => name !== key && after.head.includes(name) && before.head.indexOf(name) === i);
  const left = keyed(before, key, columns);
  const right = keyed(after, key, columns);
  const counts = { same: 0, changed: 0, added: 0, removed: 0 };
  const rows = [...new Set([...left.keys(), ...right.keys()])].map((name): JoinedRow => {
    const [a, b] = [left.get(name) ?? null, right.get(name) ?? null];
    const differs = columns.map((_, i) => a !== null && b !== null && !sameCell(a[i] ?? "", b[i] ?? ""));
    const kind = a === null ? "added" : b === null ? "removed" : differs.includes(true) ? "changed" : "same";
    counts[kind] += 1;
    return { key: name, before: a, after: b, differs, kind };
  });
  return { columns, rows, counts };
}

function keyed(table: LoggedTable, key: string, columns: readonly string[]): Map<string, string[]> {
  const at = key ? table.head.indexOf(key) : -1;
  const places = columns.map((name) => table.head.indexOf(name));
  return new Map(table.rows.map((row, i) => [at < 0 ? String(i + 1) : (row[at] ?? ""), places.map((place) => row[place] ?? "")]));
}
