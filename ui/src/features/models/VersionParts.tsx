/** Parts of a version's page. */

import { useState } from "react";
import type { MetricSummary, Move, SignatureColumn, VersionDetail } from "../../api/schema.gen";
import { exactNumber, formatBytes, formatNumber, formatTime } from "../../lib/format";
import { natural } from "../../lib/natural";
import { SearchField } from "../../ui/Field";
import { Snippet } from "../../ui/Snippet";
import { Ago } from "../../ui/Time";
import { Part } from "./Chips";
import s from "./Models.module.css";
import { askCode, loadCode, modelUri, serveCode } from "./snippets";

/** Rows that are drawn; a search finds the others. */
const MOST = 300;
const MANY = 12;

function useFind<Row>(rows: readonly Row[], name: (row: Row) => string) {
  const [find, setFind] = useState("");
  const fits = rows.filter((row) => name(row).toLowerCase().includes(find.toLowerCase()));
  const field = (label: string) =>
    rows.length > MANY && (
      <div className={s.search}>
        <SearchField label={label} value={find} onChange={(event) => setFind(event.target.value)} />
      </div>
    );
  return { shown: fits.slice(0, MOST), left: fits.length - Math.min(fits.length, MOST), field };
}

export function Metrics({ found }: { found: VersionDetail }) {
  const objective = found.objective?.key;
  const rows = found.run_metrics
    .filter((one) => !one.key.startsWith("system/"))
    .sort((a, b) => Number(b.key === objective) - Number(a.key === objective) || natural(a.key, b.key));
  const { shown, left, field } = useFind(rows, (row) => row.key);
  return (
    <Part title="Metrics of its run" count={rows.length} tools={field("Search metrics")}>
      {rows.length === 0 ? (
        <p className={s.faint}>{found.row.run_id ? "None was logged, or its run is not to be seen." : "It comes from no run."}</p>
      ) : (
        <div className={s.scroll} tabIndex={0} role="region" aria-label="Metrics of the run">
          <table className={s.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col" className={s.right}>
                  Last
                </th>
                <th scope="col" className={s.right}>
                  Lowest
                </th>
                <th scope="col" className={s.right}>
                  Highest
                </th>
                <th scope="col" className={s.right}>
                  Points
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <MetricRow key={row.key} row={row} objective={row.key === objective} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {left > 0 && <p className={s.faint}>{left} more; search finds them.</p>}
    </Part>
  );
}

function MetricRow({ row, objective }: { row: MetricSummary; objective: boolean }) {
  const number = (value: MetricSummary["min"]) => (
    <td className={s.right} title={exactNumber(value)}>
      {formatNumber(value) || "–"}
    </td>
  );
  return (
    <tr data-testid="metric-row">
      <th scope="row" className={s.key} dir="auto">
        {row.key}
        {objective && <small> objective</small>}
      </th>
      {number(row.last)}
      {number(row.min)}
      {number(row.max)}
      <td className={s.right}>{row.count.toLocaleString("en-US")}</td>
    </tr>
  );
}

/** Points that were measured for the model itself, after or beside its run. */
export function ModelMetrics({ found }: { found: VersionDetail }) {
  if (found.model_metrics.length === 0) return null;
  return (
    <Part title="Measured for the model" count={found.model_metrics.length}>
      <div className={s.scroll} tabIndex={0} role="region" aria-label="Metrics of the model">
        <table className={s.table}>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" className={s.right}>
                Value
              </th>
              <th scope="col">On</th>
            </tr>
          </thead>
          <tbody>
            {found.model_metrics.map((one, i) => (
              <tr key={i}>
                <th scope="row" className={s.key} dir="auto">
                  {one.key}
                </th>
                <td className={s.right} title={exactNumber(one.value)}>
                  {formatNumber(one.value)}
                </td>
                <td dir="auto">{one.dataset_name ? `${one.dataset_name} ${one.dataset_digest}` : <span className={s.faint}>–</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Part>
  );
}

export function SignatureTables({ found }: { found: VersionDetail }) {
  const files = found.files;
  if (!files) {
    return (
      <Part title="Model">
        <p className={s.wrong}>Its files could not be read. {found.files_problem}</p>
      </Part>
    );
  }
  const { inputs, outputs, params } = files.signature;
  const flavors = Object.entries(files.flavors);
  return (
    <Part title="Model">
      <p className={s.facts}>
        {flavors.map(([name, version]) => (
          <span key={name}>
            <b>{name}</b> {version}
          </span>
        ))}
        {files.size !== null && <span>{formatBytes(files.size)}</span>}
        {files.written_by && <span>written by {files.written_by}</span>}
      </p>
      {inputs === null && outputs === null && params === null ? (
        <p className={s.faint}>No signature was logged: what it takes and gives is not checked.</p>
      ) : (
        <>
          <Columns title="Takes" columns={inputs} />
          <Columns title="Gives" columns={outputs} />
          <Columns title="Params" columns={params} />
        </>
      )}
    </Part>
  );
}

function Columns({ title, columns }: { title: string; columns: readonly SignatureColumn[] | null }) {
  if (!columns || columns.length === 0) return null;
  return (
    <div className={s.scroll} tabIndex={0} role="region" aria-label={`Signature: ${title.toLowerCase()}`}>
      <table className={s.table} data-testid="signature">
        <thead>
          <tr>
            <th scope="col">
              {title} ({columns.length})
            </th>
            <th scope="col">Type</th>
            <th scope="col">Needed</th>
          </tr>
        </thead>
        <tbody>
          {columns.slice(0, MOST).map((column, i) => (
            <tr key={i}>
              <th scope="row" className={s.key} dir="auto">
                {column.name || i + 1}
              </th>
              <td className="mono">{column.type}</td>
              <td>{column.required ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {columns.length > MOST && <p className={s.faint}>{columns.length - MOST} more.</p>}
    </div>
  );
}

export function Params({ params }: { params: Readonly<Record<string, string>> }) {
  const rows = Object.entries(params).sort(([a], [b]) => natural(a, b));
  const { shown, left, field } = useFind(rows, ([key, value]) => `${key} ${value}`);
  if (rows.length === 0) return null;
  return (
    <Part title="Params" count={rows.length} tools={field("Search params")}>
      <dl className={s.list}>
        {shown.map(([key, value]) => (
          <div key={key}>
            <dt dir="auto">{key}</dt>
            <dd className="mono" dir="auto">
              {value}
            </dd>
          </div>
        ))}
      </dl>
      {left > 0 && <p className={s.faint}>{left} more; search finds them.</p>}
    </Part>
  );
}

export function Usage({ found }: { found: VersionDetail }) {
  const [alias] = found.row.aliases;
  const server = document.baseURI.replace(/\/$/, "");
  const uri = modelUri(found.name, found.version, alias);
  const columns = (found.files?.signature.inputs ?? []).map((column) => column.name);
  return (
    <Part title="Use it">
      <h3>Load</h3>
      <Snippet code={loadCode(server, uri)} what="the code that loads it" />
      <h3>Serve</h3>
      <Snippet code={serveCode(server, uri, alias !== undefined)} what="the command that serves it" />
      <h3>Ask</h3>
      <Snippet code={askCode(found.files?.example ?? "", columns)} what="a request to it" />
    </Part>
  );
}

export function Datasets({ found }: { found: VersionDetail }) {
  if (found.datasets.length === 0) return null;
  return (
    <Part title="Datasets of its run" count={found.datasets.length}>
      <dl className={s.list}>
        {found.datasets.map(({ dataset, tags }) => (
          <div key={dataset.digest + dataset.name}>
            <dt dir="auto">{tags?.find((tag) => tag.key === "mlflow.data.context")?.value || "used"}</dt>
            <dd dir="auto">
              {dataset.name} <span className={`${s.faint} mono`}>{dataset.digest}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Part>
  );
}

const WORD = (value: string, stage: boolean) => (stage ? (value === "None" ? "no stage" : value) : value ? `version ${value}` : "nothing");

export function Moves({ moves }: { moves: readonly Move[] }) {
  if (moves.length === 0) return null;
  return (
    <Part title="Moves" count={moves.length}>
      <ol className={s.moves} data-testid="moves">
        {moves.map((move, i) => (
          <li key={i}>
            <b>{move.what === "stage" ? "Stage" : `@${move.alias}`}</b> from {WORD(move.before, move.what === "stage")} to{" "}
            {WORD(move.after, move.what === "stage")}
            <small title={formatTime(move.time)}>
              <Ago time={move.time} />
              {move.user && <> by {move.user}</>}
            </small>
            {move.reason && <q dir="auto">{move.reason}</q>}
          </li>
        ))}
      </ol>
    </Part>
  );
}
