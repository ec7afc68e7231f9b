/** A logged table, `{"columns": […], "data": [[…], …]}` as `log_table` writes it, as heads and cells. Pure. */

export interface LoggedTable {
  head: string[];
  rows: string[][];
}

const cell = (value: unknown): string => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** `null` for a text that is none. */
export function readTable(text: string): LoggedTable | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  const { columns, data } = (read ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) return null;
  return { head: columns.map(cell), rows: data.filter(Array.isArray).map((row: unknown[]) => row.map(cell)) };
}
