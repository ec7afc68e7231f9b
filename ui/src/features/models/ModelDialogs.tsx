/** Questions about a registered model: make, rename, describe, tag, delete. */

import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCreateModel, useDeleteModel, useEditModel } from "../../api/models";
import type { ModelDetail } from "../../api/schema.gen";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextArea, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./Models.module.css";

export function CreateModelDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = useCreateModel();
  const navigate = useNavigate();
  const submit = () =>
    create.mutate(
      { name: name.trim(), description: description.trim() },
      { onSuccess: (made) => void navigate({ to: "/models/$name", params: { name: made.name } }) },
    );
  return (
    <Dialog title="New registered model" action="Create" disabled={!name.trim() || create.isPending} onAction={submit} onClose={onClose}>
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
      <TextArea label="Description" value={description} onChange={setDescription} />
      <FieldError error={create.error} />
    </Dialog>
  );
}

export function RenameModelDialog({ model, onClose }: { model: ModelDetail; onClose: () => void }) {
  const [name, setName] = useState(model.name);
  const edit = useEditModel();
  const navigate = useNavigate();
  const wanted = name.trim();
  const submit = () =>
    edit.mutate(
      { name: model.name, edit: { name: wanted } },
      {
        onSuccess: () => {
          onClose();
          say(`Renamed to “${wanted}”`);
          void navigate({ to: "/models/$name", params: { name: wanted }, replace: true });
        },
      },
    );
  return (
    <Dialog title="Rename the model" action="Rename" disabled={!wanted || wanted === model.name || edit.isPending} onAction={submit} onClose={onClose}>
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
      <p className={s.faint}>Versions, tags and aliases go with it. Programs that load models:/{model.name}/… must be told.</p>
      <FieldError error={edit.error} />
    </Dialog>
  );
}

export function DeleteModelDialog({ model, onClose }: { model: ModelDetail; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const remove = useDeleteModel();
  const navigate = useNavigate();
  const submit = () =>
    remove.mutate(model.name, {
      onSuccess: () => {
        say(`Deleted “${model.name}”`);
        void navigate({ to: "/models" });
      },
    });
  return (
    <Dialog title="Delete the model for ever?" action="Delete" disabled={typed !== model.name || remove.isPending} onAction={submit} onClose={onClose}>
      <p>
        All {model.versions.length} versions go with it, and whoever loads models:/{model.name}/… gets an error. It does not go to the trash. The
        runs stay.
      </p>
      <TextField label={`Type ${model.name} to say that you mean it`} value={typed} onChange={(event) => setTyped(event.target.value)} autoFocus />
      <FieldError error={remove.error} />
    </Dialog>
  );
}

/** Description or one tag, of a model or of a version: the caller says where it goes. */
export function TextDialog({ title, label, text, saving, error, onSave, onClose }: {
  title: string;
  label: string;
  text: string;
  saving: boolean;
  error: Error | null;
  onSave: (text: string) => void;
  onClose: () => void;
}) {
  const [now, setNow] = useState(text);
  return (
    <Dialog title={title} action="Save" disabled={saving || now.trim() === text} onAction={() => onSave(now.trim())} onClose={onClose}>
      <TextArea label={label} value={now} onChange={setNow} />
      <FieldError error={error} />
    </Dialog>
  );
}

export function TagDialog({ saving, error, onSave, onClose }: {
  saving: boolean;
  error: Error | null;
  onSave: (key: string, value: string) => void;
  onClose: () => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  return (
    <Dialog title="Set a tag" action="Set" disabled={saving || !key.trim()} onAction={() => onSave(key.trim(), value.trim())} onClose={onClose}>
      <TextField label="Key" value={key} onChange={(event) => setKey(event.target.value)} autoFocus />
      <TextField label="Value" value={value} onChange={(event) => setValue(event.target.value)} />
      <FieldError error={error} />
    </Dialog>
  );
}
