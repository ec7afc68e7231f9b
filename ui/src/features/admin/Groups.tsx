/** Groups: permissions for many users at once. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { groupsQuery } from "../../api/accounts";
import type { GroupRow } from "../../api/schema.gen";
import { plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Trouble } from "../../ui/Empty";
import { MoreMenu } from "../../ui/MoreMenu";
import { Divider, MenuItem } from "../../ui/Popover";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { AdminPage } from "./AdminPage";
import { DeleteGroupDialog, EditGroupDialog, MembersDialog, NewGroupDialog } from "./GroupDialogs";

type What = "members" | "edit" | "delete";

export function Groups() {
  const [making, setMaking] = useState(false);
  return (
    <AdminPage
      title="Groups"
      actions={
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New group
        </Button>
      }
    >
      <GroupList />
      {making && <NewGroupDialog onClose={() => setMaking(false)} />}
    </AdminPage>
  );
}

function GroupList() {
  const { data: groups, error, refetch } = useQuery(groupsQuery);
  const [asking, setAsking] = useState<{ what: What; id: number } | null>(null);
  if (error && !groups) return <Trouble error={error} onRetry={() => void refetch()} />;
  const group = groups?.find((one) => one.group_id === asking?.id);
  const close = () => setAsking(null);
  return (
    <>
      <Table label="Groups" heads={["Name", "Description", "Members", ""]} busy={!groups}>
        {groups?.map((one) => (
          <Row key={one.group_id} group={one} onAsk={(what) => setAsking({ what, id: one.group_id })} />
        ))}
      </Table>
      {groups?.length === 0 && <p className={t.faint}>None yet. A group is given permissions on experiments and models, and its members have them.</p>}
      {group && asking?.what === "members" && <MembersDialog group={group} onClose={close} />}
      {group && asking?.what === "edit" && <EditGroupDialog group={group} onClose={close} />}
      {group && asking?.what === "delete" && <DeleteGroupDialog group={group} onClose={close} />}
    </>
  );
}

function Row({ group, onAsk }: { group: GroupRow; onAsk: (what: What) => void }) {
  const label = `Actions for ${group.name}`;
  const item = (close: () => void, what: What) => () => {
    close();
    onAsk(what);
  };
  return (
    <tr data-testid="group-row">
      <td className={t.name} dir="auto">
        {group.name}
      </td>
      <td dir="auto">{group.description}</td>
      <td className={t.flush}>
        <Button kind="quiet" aria-label={`${plural(group.members.length, "member")} of ${group.name}`} onClick={() => onAsk("members")}>
          {plural(group.members.length, "member")}
        </Button>
      </td>
      <td className={t.tight}>
        <MoreMenu label={label} kind="quiet">
          {(close) => (
            <>
              <MenuItem onChoose={item(close, "members")}>Members…</MenuItem>
              <MenuItem onChoose={item(close, "edit")}>Rename or describe…</MenuItem>
              <Divider />
              <MenuItem onChoose={item(close, "delete")}>Delete…</MenuItem>
            </>
          )}
        </MoreMenu>
      </td>
    </tr>
  );
}
