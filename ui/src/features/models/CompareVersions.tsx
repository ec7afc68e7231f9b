/** Versions of a model held against each other: what differs, by how much, which is best at what. */

import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type CSSProperties, type ReactNode, useState } from "react";
import { versionQuery } from "../../api/models";
import type { VersionDetail } from "../../api/schema.gen";
import { exactNumber, formatDelta, formatNumber, plural } from "../../lib/format";
import { Empty, Trouble } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Ago } from "../../ui/Time";
import { AliasChip, Part, Stage } from "./Chips";
import s from "./Models.module.css";
import { metricRows, signatureTexts, textRows, type TextRow } from "./rows";

/** Versions that are compared at once. */
export const MOST = 10;

export function CompareVersions({ name, versions }: { name: string; versions: readonly number[] }) {
  const answers = useQueries({ queries: versions.slice(0, MOST).map((version) => versionQuery(name, version)) });
  const found = answers.map((one) => one.data).filter((one): one is VersionDetail => one !== undefined);
  const wrong = answers.find((one) => one.isError)?.error;
  const [all, setAll] = useState(false);
  const title = `${name}: versions ${versions.join(", ")}`;
  if (versions.length < 2) {
    return (
      <Page title={`Compare versions of ${name}`}>
        <Empty icon="compare" title="Choose two versions or more">
          <p>
            Tick them on the page of{" "}
            <Link to="/models/$name" params={{ name }} dir="auto">
              {name}
            </Link>
            .
          </p>
        </Empty>
      </Page>
    );
  }
  const metrics = metricRows(found);
  const rows = [
    ["Params", textRows(found.map((one) => one.params))],
    ["Signature", textRows(found.map(signatureTexts))],
    ["Model", textRows(found.map((one) => one.files?.flavors ?? {}))],
    ["Tags", textRows(found.map((one) => Object.fromEntries(Object.entries(one.row.tags).filter(([key]) => !key.startsWith("runstone.move.")))))],
  ] as const;
  const equal = rows.reduce((sum, [, list]) => sum + list.filter((row) => !row.differs).length, 0);
  return (
    <Page
      title={title}
      actions={
        equal > 0 && (
          <label className={s.inline}>
            <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> Show {plural(equal, "equal line")}
          </label>
        )
      }
    >
      {wrong && <Trouble error={wrong} />}
      {found.length > 1 && (
        <>
          <Sheet label="Versions" versions={found}>
            <HeadRow name="Aliases, stage" cell={(one) => <Names found={one} />} versions={found} />
            <HeadRow name="Run" cell={(one) => <RunLink found={one} />} versions={found} />
            <HeadRow name="Made" cell={(one) => <Ago time={one.row.created} />} versions={found} />
          </Sheet>
          {metrics.length > 0 && (
            <Part title="Metrics" count={metrics.length}>
              <Sheet label="Metrics" versions={found}>
                {metrics.map((row) => (
                  <tr key={row.key}>
                    <th scope="row" className={s.key} dir="auto">
                      {row.key} {row.low ? "↓" : "↑"} {row.note && <small>{row.note}</small>}
                    </th>
                    {row.values.map((value, i) => (
                      <td key={i} className={`${s.right} ${value !== null && value === row.best ? s.best : ""}`} title={exactNumber(value)}>
                        {value !== null && value === row.best && "★ "}
                        {value === null ? "–" : formatNumber(value)}
                        {i > 0 && <small className={s.delta}>{formatDelta(value, row.values[0])}</small>}
                      </td>
                    ))}
                  </tr>
                ))}
              </Sheet>
            </Part>
          )}
          {rows.map(([label, list]) => (
            <Texts key={label} label={label} rows={all ? list : list.filter((row) => row.differs)} there={list.length > 0} versions={found} />
          ))}
        </>
      )}
    </Page>
  );
}

function Sheet({ label, versions, children }: { label: string; versions: readonly VersionDetail[]; children: ReactNode }) {
  return (
    <div className={s.scroll} tabIndex={0} role="region" aria-label={`${label}, version by version`}>
      <table className={`${s.table} ${s.sheet}`} data-testid="compare-table" data-part={label.toLowerCase()} style={{ "--columns": versions.length } as CSSProperties}>
        <thead>
          <tr>
            <th scope="col">{label}</th>
            {versions.map((one) => (
              <th key={one.version} scope="col">
                <Link to="/models/$name/versions/$version" params={{ name: one.name, version: String(one.version) }}>
                  Version {one.version}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function HeadRow({ name, cell, versions }: { name: string; cell: (found: VersionDetail) => ReactNode; versions: readonly VersionDetail[] }) {
  return (
    <tr>
      <th scope="row" className={s.key}>
        {name}
      </th>
      {versions.map((one) => (
        <td key={one.version}>{cell(one)}</td>
      ))}
    </tr>
  );
}

function Names({ found }: { found: VersionDetail }) {
  return (
    <span className={s.chips}>
      {found.row.aliases.map((alias) => (
        <AliasChip key={alias} alias={alias} />
      ))}
      <Stage stage={found.row.stage} />
    </span>
  );
}

function RunLink({ found }: { found: VersionDetail }) {
  const run = found.row.run;
  if (!run) return <span className={s.faint}>–</span>;
  return (
    <Link to="/runs/$runId" params={{ runId: run.run_id }} dir="auto">
      {run.name || run.run_id.slice(0, 8)}
    </Link>
  );
}

function Texts({ label, rows, there, versions }: { label: string; rows: readonly TextRow[]; there: boolean; versions: readonly VersionDetail[] }) {
  if (!there) return null;
  return (
    <Part title={label} count={rows.length}>
      {rows.length === 0 ? (
        <p className={s.faint}>Equal in all.</p>
      ) : (
        <Sheet label={label} versions={versions}>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row" className={s.key} dir="auto">
                {row.key}
              </th>
              {row.values.map((value, i) => (
                <td key={i} className={`mono ${row.differs && value !== row.values[0] ? s.changed : ""}`} dir="auto">
                  {value ?? <span className={s.faint}>–</span>}
                </td>
              ))}
            </tr>
          ))}
        </Sheet>
      )}
    </Part>
  );
}
