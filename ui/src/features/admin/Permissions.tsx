/** Who may do what with one experiment or registered model; for whoever manages it. */

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { grantsQuery, PERMISSIONS, type Permission, type ResourceType, useGrant, useRevoke } from "../../api/accounts";
import { ApiError } from "../../api/http";
import type { GrantRow, Grants } from "../../api/schema.gen";
import { sessionQuery } from "../../api/session";
import { IconButton } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { tell } from "../../ui/Toasts";
import s from "./Admin.module.css";
import { GrantForm } from "./GrantForm";

export function Permissions({ kind, resource, name, back }: {
  kind: ResourceType;
  /** An experiment's id, a model's name. */
  resource: string;
  name: string;
  /** The way back to it. */
  back: ReactNode;
}) {
  const { data: session } = useQuery(sessionQuery);
  const { data, error, refetch } = useQuery({ ...grantsQuery(kind, resource), enabled: session?.accounts === true });
  const what = kind === "experiment" ? "experiment" : "model";
  return (
    <Page title={`Permissions of ${name}`} heading={<span dir="auto">Permissions of {name}</span>} actions={back}>
      {session?.accounts === false ? (
        <Empty icon="file" title="This server knows no users">
          <p>Everybody who reaches it may do everything. Start it with --auth to have permissions.</p>
        </Empty>
      ) : error instanceof ApiError && error.status === 403 ? (
        <Empty icon="stop" title={`Only who manages this ${what} may see this`}>
          <p>{error.message}</p>
        </Empty>
      ) : error && !data ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <GrantForm kind={kind} resource={resource} />
          <GrantTable answer={data} what={what} />
        </>
      )}
    </Page>
  );
}

function GrantTable({ answer, what }: { answer: Grants | undefined; what: string }) {
  return (
    <>
      <Table label="Permissions" heads={["Who", "May", ""]} busy={!answer}>
        {answer?.grants.map((grant) => <Row key={grant.grant_id} grant={grant} />)}
      </Table>
      {answer && (
        <p className={s.note}>
          Everybody else who is signed in: {answer.default_permission}, unless something was granted for all at once (*). Of several, the
          nearest counts: the user’s own on this {what}, then the groups’. Administrators may do everything.
        </p>
      )}
    </>
  );
}

function Row({ grant }: { grant: GrantRow }) {
  const give = useGrant();
  const revoke = useRevoke();
  const who = grant.username || grant.group;
  const body = (permission: Permission) => ({
    resource_type: grant.resource_type as ResourceType,
    resource: grant.resource,
    permission,
    username: grant.username,
    group: grant.group,
  });
  const undo = () => give.mutate(body(grant.permission as Permission));
  return (
    <tr data-testid="grant-row">
      <td className={t.name}>
        <span dir="auto">{who}</span> {grant.group && <span className={s.chip}>group</span>}
      </td>
      <td>
        <PermissionChoice
          label={`What ${who} may`}
          value={grant.permission as Permission}
          onChange={(permission) =>
            tell(give.mutateAsync(body(permission)), `${who}: ${permission}`, undo)
          }
        />
      </td>
      <td className={t.tight}>
        <IconButton
          icon="cross"
          label={`Take it back from ${who}`}
          disabled={revoke.isPending}
          onClick={() => tell(revoke.mutateAsync(grant.grant_id), `Taken back from ${who}`, undo)}
        />
      </td>
    </tr>
  );
}

export function PermissionChoice({ label, value, onChange }: { label: string; value: Permission; onChange: (value: Permission) => void }) {
  return (
    <select className={t.select} aria-label={label} value={value} onChange={(event) => onChange(event.target.value as Permission)}>
      {PERMISSIONS.map((one) => (
        <option key={one.name} value={one.name}>
          {one.name}: {one.means}
        </option>
      ))}
    </select>
  );
}

