/** What changed to this run, from the nearest that began before it or from one of the reader's choice. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { differenceQuery } from "../../api/compare";
import type { LayerChange, RunDetail, RunDifference } from "../../api/schema.gen";
import { exactNumber, formatCount, formatDelta, formatNumber, plural } from "../../lib/format";
import { DiffText } from "../../ui/content/Diff";
import { Block } from "./Block";
import s from "./Changes.module.css";

const WORDS: Readonly<Record<string, string>> = { true: "same", false: "differs", null: "unknown" };
/** Rows that a layer or the metrics show unasked. */
const FEW = 12;

export function Changes({ run }: { run: RunDetail }) {
  const [base, setBase] = useState("");
  const { data, error } = useQuery(differenceQuery(run.info.run_id, base));
  const parent = run.info.parent_run_id;
  const of = run.tags["runstone.reproduces"];
  return (
    <Block
      title="What changed"
      late
      tools={
        (parent || of) && (
          <select className={s.select} aria-label="Compared with" value={base} onChange={(event) => setBase(event.target.value)}>
            <option value="">since the nearest earlier run</option>
            {parent && <option value={parent}>since its parent</option>}
            {of && <option value={of}>since the run it reproduces</option>}
          </select>
        )
      }
    >
      {error && <p>{error.message}</p>}
      {data && !data.before && <p className={s.faint}>No run of this experiment began before this one.</p>}
      {data?.before && <Found found={data} />}
    </Block>
  );
}

/** The five layers side by side, then the metrics that moved. Shared with nobody: `compare` has its own runs. */
function Found({ found }: { found: RunDifference }) {
  const before = found.before;
  if (!before) return null;
  return (
    <div data-testid="what-changed">
      <p className={s.line}>
        Since{" "}
        <Link to="/runs/$runId" params={{ runId: before.run_id }} dir="auto">
          {before.name || before.run_id.slice(0, 8)}
        </Link>
        {found.layers.map((layer) => (
          <span key={layer.layer} className={s.layer} data-same={String(layer.same)}>
            {layer.layer} <b>{WORDS[String(layer.same)]}</b>
          </span>
        ))}
        <Link to="/compare" search={{ runs: `${before.run_id},${found.after.run_id}`, base: before.run_id }}>
          Compare
        </Link>
      </p>
      {found.layers.map((layer) => (
        <Layer key={layer.layer} layer={layer} />
      ))}
      <Moved found={found} />
    </div>
  );
}

function Layer({ layer }: { layer: LayerChange }) {
  const [all, setAll] = useState(false);
  const changes = layer.changes ?? [];
  if (!changes.length && !layer.text) return null;
  return (
    <details className={s.part} open={changes.length <= FEW}>
      <summary>
        {layer.layer} <small>{changes.length > 0 && plural(changes.length, "change")}</small>
      </summary>
      {changes.length > 0 && (
        <Rows
          label={`Changes of ${layer.layer}`}
          rows={(all ? changes : changes.slice(0, FEW)).map((one) => [one.name, one.before ?? "–", one.after ?? "–"])}
        />
      )}
      {changes.length > FEW && !all && (
        <button type="button" className={s.more} onClick={() => setAll(true)}>
          {formatCount(changes.length - FEW)} more
        </button>
      )}
      {layer.text && <DiffText text={layer.text} />}
    </details>
  );
}

function Moved({ found }: { found: RunDifference }) {
  if (!found.metrics?.length) return null;
  const shown = found.metrics.slice(0, FEW);
  const left = (found.metrics_total ?? 0) - shown.length;
  return (
    <details className={s.part} open>
      <summary>
        metrics that moved <small>{formatCount(found.metrics_total ?? 0)}</small>
      </summary>
      <Rows
        label="Metrics that moved"
        rows={shown.map((one) => [
          one.name,
          one.before === null ? "–" : formatNumber(one.before),
          [one.after === null ? "–" : formatNumber(one.after), formatDelta(one.after, one.before)].filter(Boolean).join(" "),
          `${exactNumber(one.before)} → ${exactNumber(one.after)}`,
        ])}
      />
      {left > 0 && <p className={s.faint}>and {plural(left, "other")}</p>}
    </details>
  );
}

function Rows({ label, rows }: { label: string; rows: readonly (readonly string[])[] }) {
  return (
    <div className={s.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={s.table}>
        <thead>
          <tr>
            <th scope="col">what</th>
            <th scope="col">before</th>
            <th scope="col">now</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name = "", before = "", after = "", title]) => (
            <tr key={name} title={title}>
              <th scope="row" dir="auto">
                {name}
              </th>
              <td dir="auto">{before}</td>
              <td dir="auto">{after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
