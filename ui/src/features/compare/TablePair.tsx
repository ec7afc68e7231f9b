/** Two tables joined by a key: rows that changed, came or went. */

import { useMemo, useState } from "react";
import { joinTables, type JoinedRow, keyColumns, sameCell } from "../../lib/content/join";
import type { LoggedTable } from "../../lib/content/table";
import { formatCount, formatDelta } from "../../lib/format";
import f from "./Files.module.css";

/** Cells drawn; what is beyond is for a tool made for it. */
const CELLS = 3_000;
const COLUMNS = 30;

interface Props {
  before: LoggedTable;
  after: LoggedTable;
  names: readonly [string, string];
}

export function TablePair({ before, after, names }: Props) {
  const keys = useMemo(() => keyColumns(before, after), [before, after]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const key = chosen ?? keys[0] ?? "";
  const joined = useMemo(() => joinTables(before, after, key), [before, after, key]);
  const shared = before.head.filter((name, i) => after.head.includes(name) && before.head.indexOf(name) === i);
  const columns = joined.columns.slice(0, COLUMNS);
  const rows = joined.rows.filter((row) => all || row.kind !== "same");
  const most = Math.floor(CELLS / (columns.length + 1));
  const { same, changed, added, removed } = joined.counts;
  return (
    <>
      <div className={f.tools}>
        <label>
          Rows are joined by
          <select value={key} onChange={(event) => setChosen(event.target.value)}>
            <option value="">their place</option>
            {shared.map((name) => (
              <option key={name} value={name} disabled={!keys.includes(name)}>
                {name}
                {!keys.includes(name) && " (not unique)"}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> show equal rows
        </label>
        <span role="status">
          {formatCount(changed)} changed, {formatCount(same)} equal, {formatCount(removed)} only in {names[0]}, {formatCount(added)} only in {names[1]}
        </span>
      </div>
      {rows.length === 0 && <p>No row differs.</p>}
      {rows.length > 0 && (
        <div className={f.scroll} tabIndex={0} role="region" aria-label="Joined table">
          <table className={f.table}>
            <thead>
              <tr>
                <th scope="col">{key || "row"}</th>
                {columns.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, most).map((row) => (
                <tr key={row.key} data-kind={row.kind}>
                  <th scope="row" dir="auto">
                    {row.key} {row.kind === "added" ? <small>only in {names[1]}</small> : row.kind === "removed" ? <small>only in {names[0]}</small> : null}
                  </th>
                  {columns.map((name, i) => (
                    <Cell key={name} row={row} place={i} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {rows.length > most && <p>{formatCount(rows.length - most)} more rows</p>}
        </div>
      )}
    </>
  );
}

function Cell({ row, place }: { row: JoinedRow; place: number }) {
  const [a, b] = [row.before?.[place] ?? "", row.after?.[place] ?? ""];
  if (!row.differs[place]) return <td className={row.kind === "added" ? f.added : row.kind === "removed" ? f.removed : undefined}>{row.after ? b : a}</td>;
  const [x, y] = [Number(a), Number(b)];
  const numbers = a !== "" && b !== "" && Number.isFinite(x) && Number.isFinite(y) && !sameCell(a, b);
  return (
    <td className={f.changed} title={numbers ? formatDelta(y, x) : undefined}>
      <del>{a || "empty"}</del> → <ins>{b || "empty"}</ins>
      {numbers && <small> {formatDelta(y, x)}</small>}
    </td>
  );
}
