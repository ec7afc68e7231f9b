/** Files that the server looks into: Parquet as a table, NumPy's as shapes and first values. */

import { useQuery } from "@tanstack/react-query";
import { previewQuery } from "../../../api/artifacts";
import type { ArrayPreview } from "../../../api/schema.gen";
import { formatCount, formatNumber, plural } from "../../../lib/format";
import { Empty } from "../../../ui/Empty";
import { Rows } from "../Sheet";
import s from "../Artifacts.module.css";

export function Preview({ runId, path }: { runId: string; path: string }) {
  const { data, error } = useQuery(previewQuery(runId, path));
  if (error) {
    return (
      <Empty icon="file" title="No look into this file">
        <p>{error.message}</p>
      </Empty>
    );
  }
  if (!data) return null;
  if (data.kind === "arrays") return data.arrays.map((array, i) => <OneArray key={i} array={array} />);
  const cells = data.cells.map((row) => row.map((cell) => (cell === null ? "" : String(cell))));
  return (
    <>
      <p className={s.cut}>
        {plural(data.rows, "row")} × {plural(data.columns_total, "column")}
        {data.rows > cells.length && `; sorting and filtering are of the first ${formatCount(cells.length)}`}
      </p>
      <Rows head={data.columns.map((column) => column.name)} types={data.columns.map((column) => column.type)} rows={cells} />
    </>
  );
}

/** Values that are shown of an array. */
const [MOST_ROWS, MOST_ACROSS] = [30, 20];

function OneArray({ array }: { array: ArrayPreview }) {
  const rows = array.cells.slice(0, MOST_ROWS).map((row) => row.slice(0, MOST_ACROSS));
  const across = rows[0]?.length ?? 0;
  const facts = [
    array.dtype,
    array.shape.length ? array.shape.map(formatCount).join(" × ") : "one value",
    array.low !== null && `from ${formatNumber(array.low)} to ${formatNumber(array.high)}, mean ${formatNumber(array.mean)}`,
    array.not_finite > 0 && `${formatCount(array.not_finite)} not finite`,
    rows.length * across > 0 && rows.length * across < array.shape.reduce((all, one) => all * one, 1) && `below, the first ${formatCount(rows.length)}${across > 1 ? ` × ${formatCount(across)}` : ""}`,
  ].filter(Boolean);
  return (
    <section className={s.array} aria-label={array.name || "Array"}>
      <h3>
        {array.name || "Array"} <small>{facts.join(" · ")}</small>
      </h3>
      {array.note && <p>{array.note}</p>}
      {array.cells.length > 0 && (
        <div className={s.values} tabIndex={0} role="region" aria-label={`Values of ${array.name || "the array"}`}>
          <table>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j} title={String(cell)}>
                      {typeof cell === "number" ? formatNumber(cell) : cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
