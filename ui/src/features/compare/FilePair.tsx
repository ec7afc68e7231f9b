/** The same file of two runs, compared as what it is. */

import { useQuery } from "@tanstack/react-query";
import { artifactAddress, artifactTextQuery, previewQuery } from "../../api/artifacts";
import { ApiError } from "../../api/http";
import type { ComparedRun } from "../../api/schema.gen";
import { confusionOfTable, readConfusion } from "../../lib/content/confusion";
import { diffTexts } from "../../lib/content/diff";
import { jsonChanges } from "../../lib/content/jsonDiff";
import { readTable, type LoggedTable } from "../../lib/content/table";
import { parseSheet, separatorOf } from "../../lib/csv";
import { viewerOf } from "../../lib/files";
import { formatBytes, formatCount, plural } from "../../lib/format";
import { DiffFiles } from "../../ui/content/Diff";
import s from "./Compare.module.css";
import { ConfusionPair } from "./ConfusionPair";
import type { FilesView, OnFiles } from "./Files";
import f from "./Files.module.css";
import { nameOf } from "./Matrix";
import { PicturePair } from "./PicturePair";
import { TablePair } from "./TablePair";

/** Bytes that are read of each text. */
const MOST = 2 * 1024 * 1024;

interface Props {
  runs: readonly ComparedRun[];
  base: ComparedRun;
  other: ComparedRun;
  view: FilesView;
  onView: OnFiles;
}

export function FilePair({ runs, base, other, view, onView }: Props) {
  const path = view.file;
  const names = [nameOf(base), nameOf(other)] as const;
  const ids = [base.info.run_id, other.info.run_id] as const;
  const kind = viewerOf(path);
  return (
    <div className={f.pair} role="region" aria-label={`${path} of both runs`}>
      <h3 dir="auto">{path}</h3>
      {kind === "image" ? (
        <PicturePair {...{ path, names }} runs={runs} pair={[base, other]} look={view.look} onLook={(look) => onView({ look })} />
      ) : kind === "preview" ? (
        <Parquet {...{ ids, path, names }} />
      ) : kind === "none" || kind === "media" || kind === "pdf" ? (
        <p>
          These files cannot be compared here. Download{" "}
          {ids.map((id, i) => (
            <span key={id}>
              {i > 0 && " and "}
              <a href={artifactAddress(id, path, true)}>{names[i]}</a>
            </span>
          ))}
          .
        </p>
      ) : (
        <Texts {...{ ids, path, names }} />
      )}
    </div>
  );
}

export interface PairProps {
  ids: readonly [string, string];
  path: string;
  names: readonly [string, string];
}

function Texts({ ids, path, names }: PairProps) {
  const before = useQuery({ ...artifactTextQuery(ids[0], path, MOST), retry: false });
  const after = useQuery({ ...artifactTextQuery(ids[1], path, MOST), retry: false });
  const trouble = [before.error, after.error].find((error) => error && !gone(error));
  if (trouble) return <p role="alert">{trouble.message}</p>;
  if (before.isPending || after.isPending) return null;
  const texts = [before.data?.text ?? "", after.data?.text ?? ""] as const;
  return (
    <>
      {[before, after].map((one, i) => gone(one.error) && <p key={i} className={s.faint}>{names[i]} does not have this file.</p>)}
      {(before.data?.cut || after.data?.cut) && <p className={s.faint}>Of the first {formatBytes(MOST)} of each.</p>}
      {texts[0] === texts[1] && !gone(before.error) && !gone(after.error) ? <p>Both are the same.</p> : <Changed path={path} texts={texts} names={names} />}
    </>
  );
}

function gone(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 404;
}

function Changed({ path, texts, names }: { path: string; texts: readonly [string, string]; names: readonly [string, string] }) {
  const matrices = texts.map((text) => readConfusion(text) ?? confusionOf(tableOf(path, text)));
  if (matrices[0] && matrices[1]) return <ConfusionPair before={matrices[0]} after={matrices[1]} names={names} />;
  const tables = texts.map((text) => tableOf(path, text));
  if (tables[0] && tables[1]) return <TablePair before={tables[0]} after={tables[1]} names={names} />;
  const changes = viewerOf(path) === "json" ? jsonChanges(...texts) : null;
  if (changes) return <JsonChanges changes={changes} names={names} />;
  return <DiffFiles files={[{ ...diffTexts(...texts), name: path }]} />;
}

function confusionOf(table: LoggedTable | null) {
  return table && confusionOfTable(table);
}

function tableOf(path: string, text: string): LoggedTable | null {
  if (viewerOf(path) === "sheet") return text ? parseSheet(text, separatorOf(path, text)) : null;
  return readTable(text);
}

const CHANGES = 500;

function JsonChanges({ changes, names }: { changes: NonNullable<ReturnType<typeof jsonChanges>>; names: readonly [string, string] }) {
  if (changes.length === 0) return <p>Both say the same; only spaces or the order of keys differ.</p>;
  return (
    <>
      <p className={s.faint}>
        {plural(changes.length, "place")} {changes.length === 1 ? "differs" : "differ"}
        {changes.length > CHANGES && `; the first ${formatCount(CHANGES)}`}
      </p>
      <div className={f.scroll} tabIndex={0} role="region" aria-label="Changes">
        <table className={f.table}>
          <thead>
            <tr>
              <th scope="col">Place</th>
              <th scope="col">{names[0]}</th>
              <th scope="col">{names[1]}</th>
            </tr>
          </thead>
          <tbody>
            {changes.slice(0, CHANGES).map((one) => (
              <tr key={one.path}>
                <th scope="row" dir="auto">
                  {one.path || "the whole"}
                </th>
                <td className={f.removed}>{one.before?.slice(0, 500) ?? "–"}</td>
                <td className={f.added}>{one.after?.slice(0, 500) ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Parquet({ ids, path, names }: PairProps) {
  const before = useQuery({ ...previewQuery(ids[0], path), retry: false });
  const after = useQuery({ ...previewQuery(ids[1], path), retry: false });
  const error = before.error ?? after.error;
  if (error) return <p role="alert">{error.message}</p>;
  if (!before.data || !after.data) return null;
  const tables = [before.data, after.data].map((one): LoggedTable | null =>
    one.kind === "table" ? { head: one.columns.map((column) => column.name), rows: one.cells.map((row) => row.map((cell) => (cell === null ? "" : String(cell)))) } : null,
  );
  if (tables[0] && tables[1]) {
    const most = Math.max(before.data.rows - before.data.cells.length, after.data.rows - after.data.cells.length);
    return (
      <>
        {most > 0 && <p className={s.faint}>Of the first rows of each; the files have {formatCount(before.data.rows)} and {formatCount(after.data.rows)}.</p>}
        <TablePair before={tables[0]} after={tables[1]} names={names} />
      </>
    );
  }
  const facts = [before.data, after.data].map((one) => one.arrays.map((array) => `${array.name || "array"} ${array.dtype} ${array.shape.join(" × ")} low ${array.low} high ${array.high} mean ${array.mean}`).join("\n"));
  return <DiffFiles files={[{ ...diffTexts(facts[0] ?? "", facts[1] ?? ""), name: path }]} />;
}
