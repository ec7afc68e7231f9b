/** A table as it goes to paper: every row, the head on each sheet, and as many blocks one below the other as its columns need. */

import type { ReactNode } from "react";
import { blocks } from "../lib/sheets";
import s from "./PaperTable.module.css";

export interface PaperColumn {
  id: string;
  head: ReactNode;
  /** Pixels that it wants of a sheet. */
  room: number;
  /** Numbers stand to the right. */
  numeric?: boolean;
}

export interface PaperRow {
  key: string;
  best?: boolean;
  faint?: boolean;
  cell: (column: string) => ReactNode;
}

interface Props {
  label: string;
  /** Columns that every block begins with. */
  lead: readonly PaperColumn[];
  columns: readonly PaperColumn[];
  rows: readonly PaperRow[];
}

/** Between the margins of a sheet of A4 that lies on its side there are 1032 pixels; what columns want can be squeezed a little. */
const SHEET = 1160;
/** A block with more rows begins on a sheet of its own. */
const SHORT = 12;

export function PaperTable({ label, lead, columns, rows }: Props) {
  const room = SHEET - lead.reduce((sum, column) => sum + column.room, 0);
  const found = blocks(columns.map((column) => column.room), room);
  return found.map(([from, to]) => {
    const shown = [...lead, ...columns.slice(from, to)];
    return (
      <table key={from} className={s.table} aria-label={label} data-paper={label} data-long={rows.length > SHORT || undefined}>
        <colgroup>
          {shown.map((column) => (
            <col key={column.id} style={{ width: column.room }} />
          ))}
        </colgroup>
        <thead>
          {found.length > 1 && (
            <tr>
              <td colSpan={shown.length} className={s.part}>
                columns {from + 1} to {to} of {columns.length}
              </td>
            </tr>
          )}
          <tr>
            {shown.map((column) => (
              <th key={column.id} scope="col" className={column.numeric ? s.number : undefined} dir="auto">
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} data-best={row.best || undefined} className={row.faint ? s.faint : undefined}>
              {shown.map((column) => (
                <td key={column.id} className={column.numeric ? s.number : undefined}>
                  {row.cell(column.id)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    );
  });
}

/** What a reader of the sheet cannot see otherwise: of what this is, in which order, how much of it. */
export function PaperNote({ parts }: { parts: readonly (string | false | null | undefined)[] }) {
  return (
    <p className={s.note} dir="auto">
      {parts.filter(Boolean).join(" · ")}
    </p>
  );
}
