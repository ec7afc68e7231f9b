import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCreateExperiment, useEditExperiment } from "../../api/experimentEdits";
import type { ExperimentRow } from "../../api/schema.gen";
import { Dialog } from "../../ui/Dialog";
import { FieldError, NoteArea, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./Experiments.module.css";
import { NOTE, ownTags } from "./narrow";

export function CreateDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const create = useCreateExperiment();
  const navigate = useNavigate();
  const submit = () =>
    create.mutate(
      { name: name.trim() },
      {
        onSuccess: (made) => void navigate({ to: "/experiments/$experimentId/runs", params: { experimentId: made.experiment_id } }),
      },
    );
  return (
    <Dialog title="New experiment" action="Create" disabled={!name.trim() || create.isPending} onAction={submit} onClose={onClose}>
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
      <FieldError error={create.error} />
    </Dialog>
  );
}

export function RenameDialog({ experiment, onClose }: { experiment: ExperimentRow; onClose: () => void }) {
  const [name, setName] = useState(experiment.name);
  const edit = useEditExperiment();
  const wanted = name.trim();
  const submit = () =>
    edit.mutate(
      { id: experiment.experiment_id, edit: { name: wanted } },
      {
        onSuccess: () => {
          onClose();
          say(`Renamed to “${wanted}”`, {
            undo: () => edit.mutate({ id: experiment.experiment_id, edit: { name: experiment.name } }),
          });
        },
      },
    );
  return (
    <Dialog
      title="Rename the experiment"
      action="Rename"
      disabled={!wanted || wanted === experiment.name || edit.isPending}
      onAction={submit}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
      <FieldError error={edit.error} />
    </Dialog>
  );
}

/** Tags of an experiment changed, with a way back. */
function useTags(experiment: ExperimentRow, onDone: () => void) {
  const edit = useEditExperiment();
  const save = (tags: Record<string, string | null>, words: string) => {
    const before = Object.fromEntries(Object.keys(tags).map((key) => [key, experiment.tags[key] ?? null]));
    const id = experiment.experiment_id;
    edit.mutate(
      { id, edit: { tags } },
      {
        onSuccess: () => {
          onDone();
          say(words, { undo: () => edit.mutate({ id, edit: { tags: before } }) });
        },
      },
    );
  };
  return { save, saving: edit.isPending, error: edit.error };
}

export function DescribeDialog({ experiment, onClose }: { experiment: ExperimentRow; onClose: () => void }) {
  const before = experiment.tags[NOTE] ?? "";
  const [text, setText] = useState(before);
  const { save, saving, error } = useTags(experiment, onClose);
  const said = text.trim();
  return (
    <Dialog
      title={`Describe “${experiment.name}”`}
      action="Save"
      disabled={saving || said === before.trim()}
      onAction={() => save({ [NOTE]: said || null }, said ? `Described “${experiment.name}”` : `Removed the description of “${experiment.name}”`)}
      onClose={onClose}
    >
      <NoteArea label="Description, in Markdown" placeholder="What is asked here, what was found? Markdown is shown as such." value={text} onChange={setText} />
      <FieldError error={error} />
    </Dialog>
  );
}

export function TagsDialog({ experiment, onClose }: { experiment: ExperimentRow; onClose: () => void }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [remove, setRemove] = useState(false);
  const { save, saving, error } = useTags(experiment, onClose);
  const name = key.trim();
  const own = ownTags(experiment);
  return (
    <Dialog
      title={`Tags of “${experiment.name}”`}
      action={remove ? "Remove" : "Set"}
      disabled={saving || !name || (remove && !(name in experiment.tags))}
      onAction={() => save({ [name]: remove ? null : value }, remove ? `Removed the tag ${name} of “${experiment.name}”` : `Set the tag ${name} of “${experiment.name}”`)}
      onClose={onClose}
    >
      {own.length > 0 && (
        <div className={s.tags} role="group" aria-label="Its tags">
          {own.map(([tag, text]) => (
            <button key={tag} type="button" className={s.tag} aria-pressed={tag === name} onClick={() => (setKey(tag), setValue(text))}>
              <bdi>{text ? `${tag}=${text}` : tag}</bdi>
            </button>
          ))}
        </div>
      )}
      <TextField label="Key" value={key} onChange={(event) => setKey(event.target.value)} autoFocus />
      <TextField label="Value" value={value} disabled={remove} onChange={(event) => setValue(event.target.value)} />
      <label className={s.check}>
        <input type="checkbox" checked={remove} onChange={(event) => setRemove(event.target.checked)} /> Remove this tag
      </label>
      <FieldError error={error} />
    </Dialog>
  );
}
