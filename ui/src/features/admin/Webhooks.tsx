/** Webhooks: who is told of changes of registered models, and what became of the messages. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { WebhookRow } from "../../api/schema.gen";
import { useEditWebhook, useTestWebhook, webhooksQuery } from "../../api/webhooks";
import { plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Trouble } from "../../ui/Empty";
import { MoreMenu } from "../../ui/MoreMenu";
import { Divider, MenuItem } from "../../ui/Popover";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { say } from "../../ui/Toasts";
import { AdminPage } from "./AdminPage";
import { DeleteWebhookDialog, DeliveriesDialog, WebhookDialog } from "./WebhookDialogs";

type What = "edit" | "deliveries" | "delete";

export function Webhooks() {
  const [making, setMaking] = useState(false);
  return (
    <AdminPage
      title="Webhooks"
      withoutAccounts
      actions={
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New webhook
        </Button>
      }
    >
      <WebhookList />
      {making && <WebhookDialog onClose={() => setMaking(false)} />}
    </AdminPage>
  );
}

function WebhookList() {
  const { data, error, refetch } = useQuery(webhooksQuery);
  const [asking, setAsking] = useState<{ what: What; id: string } | null>(null);
  if (error && !data) return <Trouble error={error} onRetry={() => void refetch()} />;
  const found = data?.webhooks.find((one) => one.webhook_id === asking?.id);
  const close = () => setAsking(null);
  return (
    <>
      <Table label="Webhooks" heads={["Name", "Address", "Told of", "State", ""]} busy={!data}>
        {data?.webhooks.map((one) => (
          <Row key={one.webhook_id} webhook={one} onAsk={(what) => setAsking({ what, id: one.webhook_id })} />
        ))}
      </Table>
      {data?.webhooks.length === 0 && <p className={t.faint}>None yet. A webhook tells another server when something is done to a registered model: a build, a chat.</p>}
      {found && asking?.what === "edit" && <WebhookDialog webhook={found} onClose={close} />}
      {found && asking?.what === "deliveries" && <DeliveriesDialog webhook={found} onClose={close} />}
      {found && asking?.what === "delete" && <DeleteWebhookDialog webhook={found} onClose={close} />}
    </>
  );
}

function Row({ webhook, onAsk }: { webhook: WebhookRow; onAsk: (what: What) => void }) {
  const edit = useEditWebhook();
  const test = useTestWebhook();
  const on = webhook.status === "ACTIVE";
  const label = `Actions for ${webhook.name}`;
  const then = (close: () => void, action: () => void) => () => {
    close();
    action();
  };
  const failed = (error: Error) => say(error.message, { tone: "error" });
  const send = () =>
    test.mutate(webhook.webhook_id, {
      onSuccess: (answer) => {
        const said = answer.response_status === null ? answer.error : `It answered ${answer.response_status}`;
        say(`${webhook.name}: ${said}`, { tone: answer.success ? "plain" : "error" });
      },
      onError: failed,
    });
  const turn = () => edit.mutate({ id: webhook.webhook_id, edit: { status: on ? "DISABLED" : "ACTIVE" } }, { onError: failed });
  return (
    <tr data-testid="webhook-row">
      <td dir="auto">
        <b>{webhook.name}</b>
        {webhook.description && <div className={t.faint}>{webhook.description}</div>}
      </td>
      <td className="mono" dir="auto">
        {webhook.url}
      </td>
      <td title={webhook.events.join("\n")}>{plural(webhook.events.length, "event")}</td>
      <td>
        {on ? "on" : "off"}
        {webhook.signed && ", signed"}
      </td>
      <td className={t.tight}>
        <Button kind="quiet" aria-label={`Messages to ${webhook.name}`} onClick={() => onAsk("deliveries")}>
          Messages
        </Button>
        <MoreMenu label={label} kind="quiet">
          {(close) => (
            <>
              <MenuItem onChoose={then(close, () => onAsk("edit"))}>Edit…</MenuItem>
              <MenuItem onChoose={then(close, send)}>Send an example</MenuItem>
              <MenuItem onChoose={then(close, turn)}>{on ? "Switch off" : "Switch on"}</MenuItem>
              <Divider />
              <MenuItem onChoose={then(close, () => onAsk("delete"))}>Delete…</MenuItem>
            </>
          )}
        </MoreMenu>
      </td>
    </tr>
  );
}
