/** Code, config, environment, data and seed of all runs against the baseline, and one run's changes in full. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { differenceQuery } from "../../api/compare";
import type { ComparedRun, Identity } from "../../api/schema.gen";
import { plural } from "../../lib/format";
import { DiffText } from "../../ui/content/Diff";
import s from "./Compare.module.css";
import { Matrix, type MatrixCell, nameOf } from "./Matrix";

const LAYERS = ["code", "config", "environment", "data", "seed"] as const satisfies readonly (keyof Identity)[];

interface Props {
  runs: readonly ComparedRun[];
  baseIndex: number;
  onDrop: (id: string) => void;
}

export function Layers({ runs, baseIndex, onDrop }: Props) {
  const [chosen, setChosen] = useState("");
  const base = runs[baseIndex];
  const others = runs.filter((_, i) => i !== baseIndex);
  const shown = others.find((run) => run.info.run_id === chosen);
  return (
    <section className={s.section} aria-label="Code and data">
      <header>
        <h2>Code, packages and data</h2>
        <label>
          <span>What changed from the baseline to</span>
          <select className={s.select} value={shown?.info.run_id ?? ""} onChange={(event) => setChosen(event.target.value)}>
            <option value="">choose a run</option>
            {others.map((run) => (
              <option key={run.info.run_id} value={run.info.run_id}>
                {nameOf(run)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <Matrix
        label="Layers"
        {...{ runs, baseIndex, onDrop }}
        keys={[...LAYERS, "datasets"]}
        cell={(row, column): MatrixCell => cellOf(runs[column], base, LAYERS[row], column === baseIndex)}
      />
      {shown && base && <Changed run={shown.info.run_id} base={base.info.run_id} />}
    </section>
  );
}

function cellOf(run: ComparedRun | undefined, base: ComparedRun | undefined, layer: keyof Identity | undefined, isBase: boolean): MatrixCell {
  const plain = { best: false, delta: "" };
  if (!layer) {
    const names = (run?.inputs ?? []).map(({ dataset }) => `${dataset.name} ${dataset.digest}`).join(", ");
    return { ...plain, text: names || "–", title: names || "none was logged" };
  }
  const [mine, theirs] = [run?.identity[layer] ?? "", base?.identity[layer] ?? ""];
  const none = layer === "data" || layer === "seed";
  const known = none || (mine && theirs);
  const text = isBase ? mine.slice(0, 8) || (none ? "none" : "unknown") : mine === theirs && known ? "same" : known ? "differs" : "unknown";
  return { ...plain, text, title: mine || "nothing was recorded" };
}

function Changed({ run, base }: { run: string; base: string }) {
  const { data, error } = useQuery(differenceQuery(run, base));
  if (error) return <p>{error.message}</p>;
  return data?.layers?.map((layer) => {
    const changes = layer.changes ?? [];
    if (!changes.length && !layer.text) return null;
    return (
      <details key={layer.layer} open className={s.changed} data-testid="changed-layer">
        <summary>
          {layer.layer} <small>{changes.length > 0 && plural(changes.length, "change")}</small>
        </summary>
        <ul>
          {changes.slice(0, 200).map((one) => (
            <li key={one.name} dir="auto">
              <b>{one.name}</b> {one.before ?? "–"} → {one.after ?? "–"}
            </li>
          ))}
        </ul>
        {layer.text && <DiffText text={layer.text} />}
      </details>
    );
  });
}
