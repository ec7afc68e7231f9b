import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ModelDetail, VersionRow } from "../../api/schema.gen";
import { exactNumber, formatNumber, toNumber, type Wire } from "../../lib/format";
import { metricNote } from "../../lib/direction";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import { Ago } from "../../ui/Time";
import { AliasChip, Part, Stage, VersionState } from "./Chips";
import s from "./Models.module.css";
import { bestOf, isLow } from "./rows";

/** Versions drawn at once. */
const MOST = 200;

/** Versions, newest first; the metrics of each one's run beside it, the best of each marked. */
export function VersionTable({ model, onCompare }: { model: ModelDetail; onCompare: (versions: readonly number[]) => void }) {
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const [all, setAll] = useState(false);
  const shown = all ? model.versions : model.versions.slice(0, MOST);
  const toggle = (version: number) => setChosen((old) => (old.includes(version) ? old.filter((one) => one !== version) : [...old, version]));
  const lows = model.metric_keys.map((key) => isLow(key, model.objective, model.meanings[key]));
  const bests = model.metric_keys.map((_, column) => bestOf(
      model.versions.map((one) => toNumber(one.metrics[column])),
      lows[column] ?? false,
    ));
  return (
    <Part
      title="Versions"
      count={model.versions.length}
      tools={
        model.versions.length > 1 && (
          <Button icon="compare" disabled={chosen.length < 2 || chosen.length > 10} onClick={() => onCompare([...chosen].sort((a, b) => a - b))}>
            {chosen.length < 2 ? "Tick two to compare" : `Compare ${chosen.length}`}
          </Button>
        )
      }
    >
      {model.versions.length === 0 ? (
        <Empty icon="model" title="No version yet">
          <p>Register a model of a run, or log one with registered_model_name="{model.name}".</p>
        </Empty>
      ) : (
        <div className={s.scroll} tabIndex={0} role="region" aria-label="Versions of the model">
          <table className={s.table}>
            <thead>
              <tr>
                <th scope="col">
                  <span className="hidden-word">Compare</span>
                </th>
                <th scope="col">Version</th>
                <th scope="col">Aliases and stage</th>
                {model.metric_keys.map((key, i) => (
                  <th key={key} scope="col" className={s.right} title={key}>
                    <span className={s.metric}>{key}</span> {lows[i] ? "↓" : "↑"} {metricNote(model.meanings[key]) && <small>{metricNote(model.meanings[key])}</small>}
                  </th>
                ))}
                <th scope="col">Run</th>
                <th scope="col">By</th>
                <th scope="col">Made</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <Row key={row.version} name={model.name} row={row} bests={bests} chosen={chosen.includes(row.version)} onToggle={() => toggle(row.version)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length < model.versions.length && (
        <p>
          <Button kind="quiet" onClick={() => setAll(true)}>
            Show all {model.versions.length} versions
          </Button>
        </p>
      )}
      {model.more && <p className={s.faint}>The newest {model.versions.length} are listed. Older ones are found by their address.</p>}
    </Part>
  );
}

const isBest = (value: Wire, best: number | null | undefined) => typeof best === "number" && toNumber(value) === best;

function Row({ name, row, bests, chosen, onToggle }: {
  name: string;
  row: VersionRow;
  bests: readonly (number | null)[];
  chosen: boolean;
  onToggle: () => void;
}) {
  const { version, run } = row;
  return (
    <tr data-testid="version-row" data-version={version} aria-selected={chosen}>
      <td>
        <input type="checkbox" className={s.tick} checked={chosen} onChange={onToggle} aria-label={`Compare version ${version}`} />
      </td>
      <td className={s.name}>
        <Link to="/models/$name/versions/$version" params={{ name, version: String(version) }}>
          Version {version}
        </Link>
        {row.description && (
          <p className={s.note} dir="auto">
            {row.description}
          </p>
        )}
      </td>
      <td>
        <span className={s.chips}>
          {row.aliases.map((alias) => (
            <AliasChip key={alias} alias={alias} />
          ))}
          <Stage stage={row.stage} />
          <VersionState row={row} />
        </span>
      </td>
      {row.metrics.map((value, i) => (
        <td key={i} className={`${s.right} ${isBest(value, bests[i]) ? s.best : ""}`} title={exactNumber(value)}>
          {isBest(value, bests[i]) && "★ "}
          {value === null ? <span className={s.faint}>–</span> : formatNumber(value)}
        </td>
      ))}
      <td>
        {run ? (
          <Link to="/runs/$runId" params={{ runId: run.run_id }} dir="auto">
            {run.name || run.run_id.slice(0, 8)}
          </Link>
        ) : (
          <span className={s.faint}>{row.run_id ? "not to be seen" : "–"}</span>
        )}
      </td>
      <td dir="auto">{row.user_id || <span className={s.faint}>–</span>}</td>
      <td>
        <Ago time={row.created} />
      </td>
    </tr>
  );
}
