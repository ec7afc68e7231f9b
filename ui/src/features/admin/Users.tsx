/** Everybody who may sign in. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useEditUser, usersQuery } from "../../api/accounts";
import type { AccountRow } from "../../api/schema.gen";
import { sessionQuery } from "../../api/session";
import { formatCount, plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Trouble } from "../../ui/Empty";
import { SearchField } from "../../ui/Field";
import { MoreMenu } from "../../ui/MoreMenu";
import { Divider, MenuItem } from "../../ui/Popover";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import s from "./Admin.module.css";
import { AdminPage } from "./AdminPage";
import { DeleteUserDialog, NewUserDialog, PasswordDialog } from "./UserDialogs";

/** Rows drawn at once; a list longer than this is narrowed by searching. */
const MOST = 300;

export function Users() {
  const [making, setMaking] = useState(false);
  return (
    <AdminPage
      title="Users"
      actions={
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New user
        </Button>
      }
    >
      <UserList />
      {making && <NewUserDialog onClose={() => setMaking(false)} />}
    </AdminPage>
  );
}

function UserList() {
  const { data: users, error, refetch } = useQuery(usersQuery);
  const [text, setText] = useState("");
  const [asking, setAsking] = useState<{ what: "password" | "delete"; username: string } | null>(null);
  const low = text.trim().toLowerCase();
  const found = users?.filter((one) => one.username.toLowerCase().includes(low) || one.groups.some((group) => group.toLowerCase() === low));
  if (error && !users) return <Trouble error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <div className={s.bar}>
        <SearchField label="Search users by name or group" data-main-search value={text} onChange={(event) => setText(event.target.value)} />
        {found && <span className={t.faint}>{plural(found.length, "user")}</span>}
      </div>
      <Table label="Users" heads={["Name", "Role", "Signs in with", "Groups", "Since", ""]} busy={!users}>
        {found?.slice(0, MOST).map((one) => (
          <Row key={one.username} user={one} onAsk={(what) => setAsking({ what, username: one.username })} />
        ))}
      </Table>
      {found && found.length > MOST && <p className={t.faint}>{formatCount(found.length - MOST)} more. Search narrows the list.</p>}
      {asking?.what === "password" && <PasswordDialog username={asking.username} onClose={() => setAsking(null)} />}
      {asking?.what === "delete" && <DeleteUserDialog username={asking.username} onClose={() => setAsking(null)} />}
    </>
  );
}

function Row({ user, onAsk }: { user: AccountRow; onAsk: (what: "password" | "delete") => void }) {
  const { data: session } = useQuery(sessionQuery);
  const own = session?.username === user.username;
  return (
    <tr data-testid="user-row">
      <td className={t.name}>
        <span dir="auto">{user.username}</span>
        {own && <span className={t.faint}> (you)</span>}
      </td>
      <td>{user.is_admin ? "Administrator" : <span className={t.faint}>User</span>}</td>
      <td>{user.has_password ? "Password" : session?.provider || "Provider"}</td>
      <td>
        <span className={s.chips}>
          {user.groups.map((group) => (
            <span key={group} className={s.chip} dir="auto">
              {group}
            </span>
          ))}
        </span>
      </td>
      <td>
        <Ago time={user.creation_time} />
      </td>
      <td className={t.tight}>
        <Actions user={user} own={own} onAsk={onAsk} />
      </td>
    </tr>
  );
}

function Actions({ user, own, onAsk }: { user: AccountRow; own: boolean; onAsk: (what: "password" | "delete") => void }) {
  const edit = useEditUser();
  const setAdmin = (is_admin: boolean) =>
    edit.mutate(
      { username: user.username, edit: { is_admin } },
      {
        onError: (error) => say(error.message, { tone: "error" }),
        onSuccess: () =>
          say(`${user.username} is ${is_admin ? "an" : "no"} administrator${is_admin ? "" : " any more"}`, {
            undo: () => edit.mutate({ username: user.username, edit: { is_admin: !is_admin } }),
          }),
      },
    );
  const item = (close: () => void, act: () => void) => () => {
    close();
    act();
  };
  const label = `Actions for ${user.username}`;
  return (
    <MoreMenu label={label} kind="quiet">
      {(close) => (
        <>
          {!own && (
            <MenuItem onChoose={item(close, () => setAdmin(!user.is_admin))}>
              {user.is_admin ? "No administrator any more" : "Make administrator"}
            </MenuItem>
          )}
          <MenuItem onChoose={item(close, () => onAsk("password"))}>Set a password…</MenuItem>
          {!own && (
            <>
              <Divider />
              <MenuItem onChoose={item(close, () => onAsk("delete"))}>Delete…</MenuItem>
            </>
          )}
        </>
      )}
    </MoreMenu>
  );
}
