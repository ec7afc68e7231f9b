import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { groupsQuery, PERMISSIONS, type Permission, type ResourceType, useGrant, usersQuery } from "../../api/accounts";
import { sessionQuery } from "../../api/session";
import { Button } from "../../ui/Button";
import { FieldError, TextField } from "../../ui/Field";
import { Choice } from "../../ui/Table";
import { say } from "../../ui/Toasts";
import s from "./Admin.module.css";

/** Give somebody a permission. Only administrators are told who is there; others must know the name. */
export function GrantForm({ kind, resource }: { kind: ResourceType; resource: string }) {
  const { data: session } = useQuery(sessionQuery);
  const [to, setTo] = useState<"username" | "group">("username");
  const [name, setName] = useState("");
  const [permission, setPermission] = useState<Permission>("READ");
  const knows = session?.is_admin === true;
  const { data: users } = useQuery({ ...usersQuery, enabled: knows });
  const { data: groups } = useQuery({ ...groupsQuery, enabled: knows });
  const give = useGrant();
  const list = useId();
  const wanted = name.trim();
  const names = to === "username" ? users?.map((one) => one.username) : groups?.map((one) => one.name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!wanted) return;
    give.mutate(
      { resource_type: kind, resource, permission, [to]: wanted },
      {
        onSuccess: () => {
          setName((now) => (now === name ? "" : now));
          say(`${wanted}: ${permission}`);
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <div className={s.row}>
        <Choice label="Give to" value={to} onChange={(event) => setTo(event.target.value as typeof to)}>
          <option value="username">a user</option>
          <option value="group">a group</option>
        </Choice>
        <TextField label="Name" list={list} value={name} onChange={(event) => setName(event.target.value)} />
        <datalist id={list}>
          {names?.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <Choice label="Permission" value={permission} onChange={(event) => setPermission(event.target.value as Permission)}>
          {PERMISSIONS.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}: {one.means}
            </option>
          ))}
        </Choice>
        <Button kind="primary" type="submit" disabled={!wanted || give.isPending}>
          Give
        </Button>
      </div>
      <FieldError error={give.error} />
    </form>
  );
}
