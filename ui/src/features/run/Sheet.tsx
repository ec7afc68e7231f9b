import { useMemo, useState } from "react";
import { parseSheet, separatorOf, sortRows } from "../../lib/csv";
import { formatCount } from "../../lib/format";
import { SearchField } from "../../ui/Field";
import s from "./Artifacts.module.css";

/** Rows and columns drawn; a larger table is for a tool made for it. */
const ROWS = 200;
const COLUMNS = 40;
const CELLS = 1600;

export function Sheet({ path, text }: { path: string; text: string }) {
  const sheet = useMemo(() => parseSheet(text, separatorOf(path, text)), [path, text]);
  return <Rows head={sheet.head} rows={sheet.rows} />;
}

/** A table that a click on a heading sorts, and that a search in any of its cells narrows. */
export function Rows({ head: names, types, rows: all }: { head: readonly string[]; types?: readonly string[]; rows: readonly string[][] }) {
  const [sort, setSort] = useState<{ column: number; descending: boolean } | null>(null);
  const [find, setFind] = useState("");
  const found = useMemo(() => {
    const wanted = find.toLowerCase();
    return wanted ? all.filter((row) => row.some((cell) => cell.toLowerCase().includes(wanted))) : all;
  }, [all, find]);
  const rows = useMemo(() => (sort ? sortRows(found, sort.column, sort.descending) : found), [found, sort]);
  const head = names.slice(0, COLUMNS);
  const most = Math.min(ROWS, Math.floor(CELLS / Math.max(1, head.length)));
  const press = (column: number) => setSort((old) => ({ column, descending: old?.column === column ? !old.descending : false }));
  return (
    <>
      <div className={s.find} data-screen-only>
        <SearchField label="Filter the rows" data-main-search value={find} onChange={(event) => setFind(event.target.value)} />
        <span role="status">
          {formatCount(Math.min(most, rows.length))} of {formatCount(rows.length)} rows
          {names.length > COLUMNS ? `, ${COLUMNS} of ${names.length} columns` : ""}
        </span>
      </div>
      <table className={s.sheet}>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={i} scope="col" title={types?.[i]} aria-sort={sort?.column === i ? (sort.descending ? "descending" : "ascending") : "none"}>
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
    </>
  );
}
