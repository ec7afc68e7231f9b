import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCreateExperiment, useEditExperiment } from "../../api/experiments";
import type { ExperimentRow } from "../../api/schema.gen";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";

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
