import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCreateUser, useDeleteUser, useEditUser } from "../../api/accounts";
import { sessionQuery } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./Admin.module.css";

export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const { data: session } = useQuery(sessionQuery);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const [there, setThere] = useState(false);
  const create = useCreateUser();
  const name = username.trim();
  const submit = () =>
    create.mutate(
      { username: name, password: there ? "" : password, is_admin: isAdmin },
      {
        onSuccess: () => {
          onClose();
          say(`Made “${name}”`);
        },
      },
    );
  return (
    <Dialog title="New user" action="Create" disabled={!name || !(there || password) || create.isPending} onAction={submit} onClose={onClose}>
      <TextField label="User name" value={username} maxLength={255} onChange={(event) => setUsername(event.target.value)} autoFocus />
      {session?.provider && <Tick label={`Signs in with ${session.provider} under this name`} checked={there} onChange={setThere} />}
      {!there && <NewPassword value={password} onChange={setPassword} />}
      <Tick label="Administrator: may do everything" checked={isAdmin} onChange={setAdmin} />
      <FieldError error={create.error} />
    </Dialog>
  );
}

export function PasswordDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const { data: session } = useQuery(sessionQuery);
  const [password, setPassword] = useState("");
  const [now, setNow] = useState("");
  const edit = useEditUser();
  const own = session?.username === username && session.has_password;
  const submit = () =>
    edit.mutate(
      { username, edit: { password, current_password: now } },
      {
        onSuccess: () => {
          onClose();
          say(`${username} has a new password`);
        },
      },
    );
  return (
    <Dialog
      title={`A new password for ${username}`}
      action="Set it"
      disabled={!password || (own && !now) || edit.isPending}
      onAction={submit}
      onClose={onClose}
    >
      {own && (
        <TextField label="Your current password" type="password" autoComplete="current-password" value={now} onChange={(event) => setNow(event.target.value)} />
      )}
      <NewPassword value={password} onChange={setPassword} />
      <p>The user is signed out everywhere. Tokens stay good.</p>
      <FieldError error={edit.error} />
    </Dialog>
  );
}

export function DeleteUserDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const remove = useDeleteUser();
  const submit = () =>
    remove.mutate(username, {
      onSuccess: () => {
        onClose();
        say(`Deleted “${username}”`);
      },
    });
  return (
    <Dialog title={`Delete ${username}?`} action="Delete" disabled={remove.isPending} onAction={submit} onClose={onClose}>
      <p>The user’s tokens, sessions and permissions go, too; programs that use the tokens are refused. Runs and models stay.</p>
      <FieldError error={remove.error} />
    </Dialog>
  );
}

function NewPassword({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <TextField
      label="Password, at least 12 characters"
      type="password"
      autoComplete="new-password"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function Tick({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label className={s.tick}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
