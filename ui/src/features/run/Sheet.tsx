import { useMemo, useState } from "react";
import { parseSheet, separatorOf, sortRows } from "../../lib/csv";
import { formatCount } from "../../lib/format";
import s from "./Artifacts.module.css";

/** Rows and columns drawn; a larger table is for a tool made for it. */
const ROWS = 200;
const COLUMNS = 40;
const CELLS = 1600;

export function Sheet({ path, text }: { path: string; text: string }) {
  const sheet = useMemo(() => parseSheet(text, separatorOf(path, text)), [path, text]);
  const [sort, setSort] = useState<{ column: number; descending: boolean } | null>(null);
  const rows = useMemo(() => (sort ? sortRows(sheet.rows, sort.column, sort.descending) : sheet.rows), [sheet, sort]);
  const head = sheet.head.slice(0, COLUMNS);
  const most = Math.min(ROWS, Math.floor(CELLS / Math.max(1, head.length)));
  const press = (column: number) => setSort((old) => ({ column, descending: old?.column === column ? !old.descending : false }));
  return (
    <>
      <table className={s.sheet}>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={i} scope="col" aria-sort={sort?.column === i ? (sort.descending ? "descending" : "ascending") : "none"}>
                <button type="button" onClick={() => press(i)}>
                  {name || `column ${i + 1}`} {sort?.column === i && (sort.descending ? "↓" : "↑")}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map((row, i) => (
            <tr key={i}>
              {head.map((_, j) => (
                <td key={j} data-number={row[j] !== "" && !Number.isNaN(Number(row[j])) ? true : undefined} title={row[j]}>
                  {row[j]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={s.cut}>
        {formatCount(Math.min(most, rows.length))} of {formatCount(rows.length)} rows
        {sheet.head.length > COLUMNS ? `, ${COLUMNS} of ${sheet.head.length} columns` : ""}
      </p>
    </>
  );
}
