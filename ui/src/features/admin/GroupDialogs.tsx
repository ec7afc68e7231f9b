import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { useCreateGroup, useDeleteGroup, useEditGroup, usersQuery } from "../../api/accounts";
import type { GroupRow } from "../../api/schema.gen";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import t from "../../ui/Table.module.css";
import { say } from "../../ui/Toasts";
import s from "./Admin.module.css";

export function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateGroup();
  return (
    <GroupDialog
      title="New group"
      action="Create"
      saving={create.isPending}
      error={create.error}
      onClose={onClose}
      onSave={(name, description) => create.mutate({ name, description }, { onSuccess: () => (onClose(), say(`Made “${name}”`)) })}
    />
  );
}

export function EditGroupDialog({ group, onClose }: { group: GroupRow; onClose: () => void }) {
  const edit = useEditGroup();
  return (
    <GroupDialog
      title="Rename or describe the group"
      action="Save"
      group={group}
      saving={edit.isPending}
      error={edit.error}
      onClose={onClose}
      onSave={(name, description) => edit.mutate({ id: group.group_id, edit: { name, description } }, { onSuccess: onClose })}
    />
  );
}

function GroupDialog({ title, action, group, saving, error, onSave, onClose }: {
  title: string;
  action: string;
  group?: GroupRow;
  saving: boolean;
  error: Error | null;
  onSave: (name: string, description: string) => void;
  onClose: () => void;
}) {
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const wanted = name.trim();
  return (
    <Dialog title={title} action={action} disabled={!wanted || saving} onAction={() => onSave(wanted, description.trim())} onClose={onClose}>
      <TextField label="Name" value={name} maxLength={255} onChange={(event) => setName(event.target.value)} autoFocus />
      <TextField label="Description" value={description} onChange={(event) => setDescription(event.target.value)} />
      <FieldError error={error} />
    </Dialog>
  );
}

export function MembersDialog({ group, onClose }: { group: GroupRow; onClose: () => void }) {
  const [name, setName] = useState("");
  const { data: users } = useQuery(usersQuery);
  const edit = useEditGroup();
  const list = useId();
  const wanted = name.trim();
  const change = (body: { add?: string[]; remove?: string[] }) => edit.mutate({ id: group.group_id, edit: body }, { onSuccess: () => setName((now) => (body.add?.includes(now.trim()) ? "" : now)) });
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // not the dialog's own button
    if (wanted && !edit.isPending) change({ add: [wanted] });
  };
  return (
    <Dialog title={`Members of ${group.name}`} onClose={onClose}>
      <div className={s.row}>
        <TextField label="Add a user" list={list} value={name} onChange={(event) => setName(event.target.value)} onKeyDown={keys} autoFocus />
        <datalist id={list}>
          {users?.filter((one) => !group.members.includes(one.username)).map((one) => <option key={one.username} value={one.username} />)}
        </datalist>
        <Button disabled={!wanted || edit.isPending} onClick={() => change({ add: [wanted] })}>
          Add
        </Button>
      </div>
      <FieldError error={edit.error} />
      {group.members.length === 0 && <p className={t.faint}>Nobody yet.</p>}
      <ul className={s.members}>
        {group.members.map((member) => (
          <li key={member} data-testid="member">
            <span dir="auto">{member}</span>
            <IconButton icon="cross" label={`Remove ${member}`} disabled={edit.isPending} onClick={() => change({ remove: [member] })} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

export function DeleteGroupDialog({ group, onClose }: { group: GroupRow; onClose: () => void }) {
  const remove = useDeleteGroup();
  const submit = () => remove.mutate(group.group_id, { onSuccess: () => (onClose(), say(`Deleted “${group.name}”`)) });
  return (
    <Dialog title={`Delete ${group.name}?`} action="Delete" disabled={remove.isPending} onAction={submit} onClose={onClose}>
      <p>Its members lose what they may only as members. The users stay.</p>
      <FieldError error={remove.error} />
    </Dialog>
  );
}
