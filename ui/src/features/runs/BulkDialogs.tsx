/** What is done to several selected runs besides editing them: moved to another experiment, their models registered, stopped. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useEditRuns } from "../../api/bulk";
import { useCreateExperiment } from "../../api/experimentEdits";
import { experimentsQuery } from "../../api/experiments";
import { modelsQuery, runModelsQuery, useDeleteVersion, useRegister } from "../../api/models";
import { movedBack } from "../../api/moved";
import type { RunModel, RunsEdited } from "../../api/schema.gen";
import { plural } from "../../lib/format";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import { Choice } from "../../ui/Table";
import { say } from "../../ui/Toasts";
import s from "./RunEdits.module.css";

interface Props {
  ids: readonly string[];
  onClose: () => void;
  /** The runs are not here any more: let go of them. */
  onGone: () => void;
}

const failed = (error: Error) => say(error.message, { tone: "error" });

/** "2 were left: …", naming the first reason. */
export function leftWords({ left }: RunsEdited): string {
  const [first] = left;
  return first ? ` ${plural(left.length, "run")} left as before: ${first.name ? `${first.name}: ` : ""}${first.why}` : "";
}

export function MoveForm({ ids, onClose, onGone }: Props) {
  const [name, setName] = useState("");
  const experiments = useQuery(experimentsQuery("active"));
  const make = useCreateExperiment();
  const edit = useEditRuns();
  const wanted = name.trim();
  const there = experiments.data?.find((one) => one.name === wanted);
  const moveTo = (experiment_id: string) =>
    edit.mutate(
      { run_ids: [...ids], experiment_id },
      {
        onSuccess: (answer) => {
          onClose();
          onGone();
          const back = movedBack(answer.before);
          const undo = () => back.forEach((body) => void edit.mutateAsync(body).catch(failed));
          say(`Moved ${plural(answer.before.length, "run")} to “${wanted}”.${leftWords(answer)}`, answer.before.length ? { undo } : {});
        },
      },
    );
  const submit = () => (there ? moveTo(there.experiment_id) : make.mutate({ name: wanted }, { onSuccess: (made) => moveTo(made.experiment_id) }));
  return (
    <Dialog
      title={`Move ${plural(ids.length, "run")} to another experiment`}
      action={wanted && experiments.data && !there ? "Make it and move" : "Move"}
      disabled={!wanted || !experiments.data || make.isPending || edit.isPending}
      onAction={submit}
      onClose={onClose}
    >
      <TextField label="Experiment (a new name makes one)" value={name} list="all-experiments" onChange={(event) => setName(event.target.value)} autoFocus />
      <datalist id="all-experiments">
        {experiments.data?.map((one) => (
          <option key={one.experiment_id} value={one.name} />
        ))}
      </datalist>
      <p className={s.hint}>Nested runs go with their parent. Files stay where they are and are found as before.</p>
      <FieldError error={make.error ?? edit.error} />
    </Dialog>
  );
}

/** Runs whose models can be registered in one go. */
const MOST = 100;

export function RegisterForm({ ids, onClose }: Props) {
  const asked = ids.slice(0, MOST);
  const answers = useQueries({ queries: asked.map((id) => runModelsQuery(id)) });
  const known = useQuery(modelsQuery());
  const [chosen, setChosen] = useState("");
  const [target, setTarget] = useState("");
  const [trouble, setTrouble] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const register = useRegister();
  const drop = useDeleteVersion();
  const waiting = answers.some((one) => one.isPending);
  const byName = new Map<string, { run: string; model: RunModel }[]>();
  answers.forEach((answer, i) => {
    for (const model of answer.data?.models ?? []) {
      const all = byName.get(model.name) ?? [];
      if (all.every((one) => one.run !== asked[i])) byName.set(model.name, [...all, { run: asked[i] ?? "", model }]);
    }
  });
  const names = [...byName.keys()].sort((a, b) => (byName.get(b)?.length ?? 0) - (byName.get(a)?.length ?? 0));
  const name = byName.has(chosen) ? chosen : (names[0] ?? "");
  const wanted = target.trim();
  const submit = async () => {
    setBusy(true);
    const made: { name: string; version: number }[] = [];
    try {
      // One after the other: versions are numbered in the order of the table.
      for (const { run, model } of byName.get(name) ?? []) {
        const body = model.model_id ? { model_id: model.model_id } : { run_id: run, path: model.path };
        const version = await register.mutateAsync({ name: wanted, body });
        made.push({ name: version.name, version: version.version });
      }
      onClose();
    } catch (error) {
      setTrouble(error instanceof Error ? error : new Error(String(error)));
    }
    setBusy(false);
    if (made.length === 0) return;
    const undo = () => made.forEach((one) => void drop.mutateAsync(one).catch(failed));
    const [first, last] = [made[0]?.version, made.at(-1)?.version];
    say(`Registered ${first === last ? `version ${first}` : `versions ${first} to ${last}`} of ${wanted}`, { undo });
  };
  return (
    <Dialog title={`Register models of ${plural(asked.length, "run")}`} action="Register" disabled={!name || !wanted || waiting || busy} onAction={() => void submit()} onClose={onClose}>
      {ids.length > MOST && <p className={s.hint}>The first {MOST} of the selected runs.</p>}
      {waiting ? (
        <p role="status">Looking for models …</p>
      ) : names.length === 0 ? (
        <p role="status">None of these runs has logged a model.</p>
      ) : (
        <Choice label="Model" value={name} onChange={(event) => setChosen(event.target.value)}>
          {names.map((one) => (
            <option key={one} value={one}>
              {one} ({byName.get(one)?.length} of {plural(asked.length, "run")})
            </option>
          ))}
        </Choice>
      )}
      <TextField label="Registered model (a new name makes one)" value={target} list="all-models" onChange={(event) => setTarget(event.target.value)} />
      <datalist id="all-models">
        {known.data?.models.map((each) => (
          <option key={each.name} value={each.name} />
        ))}
      </datalist>
      <FieldError error={trouble ?? answers.find((one) => one.error)?.error ?? null} />
    </Dialog>
  );
}

export function StopForm({ ids, onClose }: Props) {
  const edit = useEditRuns();
  const submit = () =>
    edit.mutate(
      { run_ids: [...ids], stop: true },
      {
        onSuccess: (answer) => {
          onClose();
          say(`Asked ${plural(answer.before.length, "run")} to stop.${leftWords(answer)}`, answer.before.length ? {} : { tone: "error" });
        },
      },
    );
  return (
    <Dialog title={`Stop ${plural(ids.length, "run")}?`} action="Stop" disabled={edit.isPending} onAction={submit} onClose={onClose}>
      <p className={s.hint}>Those that `runstone run` started and that still run are asked to end: SIGTERM, ten seconds later SIGKILL. The others are left as they are.</p>
      <FieldError error={edit.error} />
    </Dialog>
  );
}
