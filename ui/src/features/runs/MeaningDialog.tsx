/** What a metric means in an experiment: is it the objective, which end is good, which value counts, its unit. */

import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useEditExperiment } from "../../api/experimentEdits";
import { experimentQuery } from "../../api/experiments";
import type { ExperimentRow } from "../../api/schema.gen";
import { type Stat, STATS } from "../../lib/columns";
import { lowerIsBetter } from "../../lib/direction";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./RunEdits.module.css";
import { type Meant, meantTags, MOST_UNIT } from "./meaning";

interface Props {
  metric: string;
  experiments: readonly string[];
  onClose: () => void;
}

export function MeaningDialog(props: Props) {
  const found = useQueries({ queries: props.experiments.map(experimentQuery) });
  const rows = found.flatMap(({ data }) => data ?? []);
  return rows.length < props.experiments.length ? null : <Form {...props} rows={rows} />;
}

/** What changes with what a metric means. */
const KINDS: ReadonlySet<unknown> = new Set(["table", "rows", "groups", "compared", "verdict", "experiments", "experiment", "models", "model"]);

const WORDS: Partial<Record<Stat, string>> = { last: "the last", min: "the least", max: "the greatest", mean: "the mean", first: "the first" };

function Form({ metric, rows, onClose }: Props & { rows: readonly ExperimentRow[] }) {
  const row = rows[0];
  const said = row?.metrics[metric];
  const [meant, setMeant] = useState<Meant>({
    objective: row?.objective?.key === metric && !row.objective.guessed,
    direction: said?.direction ?? null,
    statistic: said?.statistic ?? "last",
    unit: said?.unit ?? "",
  });
  const edit = useEditExperiment();
  const client = useQueryClient();
  const put = (change: Partial<Meant>) => setMeant({ ...meant, ...change });
  const send = async (changes: readonly { id: string; tags: Record<string, string | null> }[]) => {
    for (const { id, tags } of changes) await edit.mutateAsync({ id, edit: { tags } });
    void client.invalidateQueries({ predicate: ({ queryKey }) => KINDS.has(queryKey[0]) });
  };
  const save = () => {
    const changes = rows.map(({ experiment_id, tags }) => ({ id: experiment_id, tags: meantTags(metric, meant, tags) }));
    const old = changes.map(({ id, tags }, i) => ({ id, tags: Object.fromEntries(Object.keys(tags).map((tag) => [tag, rows[i]?.tags[tag] ?? null])) }));
    const failed = (error: Error) => say(error.message, { tone: "error" });
    void send(changes).then(() => {
      onClose();
      say(`Said what “${metric}” means`, { undo: () => void send(old).catch(failed) });
    }, () => undefined); // the form says it
  };
  return (
    <Dialog title={`What “${metric}” means`} action="Save" disabled={edit.isPending} onAction={save} onClose={onClose}>
      <label className={s.colour}>
        <input type="checkbox" checked={meant.objective} onChange={(event) => put({ objective: event.target.checked })} autoFocus />
        Runs are ranked by it: it is the objective
      </label>
      <label className={s.line}>
        Better is
        <select value={meant.direction ?? ""} onChange={(event) => put({ direction: (event.target.value || null) as Meant["direction"] })}>
          <option value="">as its name says: {lowerIsBetter(metric) ? "lower" : "higher"}</option>
          <option value="max">higher</option>
          <option value="min">lower</option>
        </select>
      </label>
      <label className={s.line}>
        Of a run’s values counts
        <select value={meant.statistic} onChange={(event) => put({ statistic: event.target.value as Meant["statistic"] })}>
          {STATS.filter((stat) => WORDS[stat]).map((stat) => (
            <option key={stat} value={stat}>
              {WORDS[stat]}
            </option>
          ))}
        </select>
      </label>
      <TextField label="Unit" value={meant.unit} maxLength={MOST_UNIT} placeholder="such as ms or %" onChange={(event) => put({ unit: event.target.value })} />
      <p className={s.hint}>For everybody who looks at {rows.length > 1 ? "these experiments" : "this experiment"}.</p>
      <FieldError error={edit.error} />
    </Dialog>
  );
}
