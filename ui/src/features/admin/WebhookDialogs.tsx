import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { NewWebhook, WebhookEdit, WebhookRow } from "../../api/schema.gen";
import { deliveriesQuery, useCreateWebhook, useDeleteWebhook, useEditWebhook, webhooksQuery } from "../../api/webhooks";
import { Dialog } from "../../ui/Dialog";
import { Trouble } from "../../ui/Empty";
import { FieldError, TextField } from "../../ui/Field";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import s from "./Admin.module.css";

const FIRST = ["model_version.created", "model_version.transitioned", "transition_request.created"];

/** A new one, or another look at one that is there. Its secret is never shown: an empty field leaves it as it is. */
export function WebhookDialog({ webhook, onClose }: { webhook?: WebhookRow; onClose: () => void }) {
  const { data } = useQuery(webhooksQuery);
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [secret, setSecret] = useState("");
  const [events, setEvents] = useState<ReadonlySet<string>>(new Set(webhook?.events ?? FIRST));
  const create = useCreateWebhook();
  const edit = useEditWebhook();
  const saving = create.isPending || edit.isPending;
  const done = { onSuccess: () => (onClose(), say(webhook ? `Changed “${name.trim()}”` : `Made “${name.trim()}”`)) };
  const submit = () => {
    const body: NewWebhook = { name: name.trim(), url: url.trim(), events: [...events], description: description.trim(), ...(secret && { secret }) };
    if (webhook) edit.mutate({ id: webhook.webhook_id, edit: body satisfies WebhookEdit }, done);
    else create.mutate(body, done);
  };
  const turn = (event: string) =>
    setEvents((old) => {
      const next = new Set(old);
      if (!next.delete(event)) next.add(event);
      return next;
    });
  return (
    <Dialog
      title={webhook ? "Edit the webhook" : "New webhook"}
      action={webhook ? "Save" : "Create"}
      disabled={!name.trim() || !url.trim() || events.size === 0 || saving}
      onAction={submit}
      onClose={onClose}
    >
      <TextField label="Name" value={name} maxLength={256} onChange={(event) => setName(event.target.value)} autoFocus />
      <TextField label="Address" type="url" placeholder="https://ci.example.com/in" value={url} onChange={(event) => setUrl(event.target.value)} />
      <TextField label="Description" value={description} onChange={(event) => setDescription(event.target.value)} />
      <TextField
        label={webhook?.signed ? "Another secret (empty: as it is)" : "Secret that messages are signed with (empty: none)"}
        type="password"
        autoComplete="new-password"
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
      />
      <fieldset className={s.events}>
        <legend>Told of</legend>
        {data?.known.map((event) => (
          <label key={event} className={s.tick}>
            <input type="checkbox" checked={events.has(event)} onChange={() => turn(event)} />
            {event}
          </label>
        ))}
      </fieldset>
      <FieldError error={create.error ?? edit.error} />
    </Dialog>
  );
}

const STATES: Readonly<Record<string, string>> = { WAITING: "waits", DELIVERED: "taken", FAILED: "failed" };

export function DeliveriesDialog({ webhook, onClose }: { webhook: WebhookRow; onClose: () => void }) {
  const { data, error, refetch } = useQuery(deliveriesQuery(webhook.webhook_id));
  return (
    <Dialog title={`Last messages to ${webhook.name}`} onClose={onClose}>
      {error && !data && <Trouble error={error} onRetry={() => void refetch()} />}
      {data?.deliveries.length === 0 ? (
        <p className={t.faint}>None yet. What happens from now on is told within seconds.</p>
      ) : (
        <Table label="Messages" heads={["Event", "When", "State", "Tries", "Answer"]} busy={!data}>
          {data?.deliveries.map((one) => (
            <tr key={one.delivery_id} data-testid="delivery-row">
              <td title={one.body}>{one.event}</td>
              <td>
                <Ago time={one.time} />
              </td>
              <td className={one.state === "FAILED" ? t.warn : undefined}>{STATES[one.state] ?? one.state}</td>
              <td>{one.attempts}</td>
              <td dir="auto">{one.error || (one.response_status ?? "–")}</td>
            </tr>
          ))}
        </Table>
      )}
    </Dialog>
  );
}

export function DeleteWebhookDialog({ webhook, onClose }: { webhook: WebhookRow; onClose: () => void }) {
  const remove = useDeleteWebhook();
  const submit = () => remove.mutate(webhook.webhook_id, { onSuccess: () => (onClose(), say(`Deleted “${webhook.name}”`)) });
  return (
    <Dialog title={`Delete ${webhook.name}?`} action="Delete" disabled={remove.isPending} onAction={submit} onClose={onClose}>
      <p>{webhook.url} is told of nothing from then on, and what was to be sent is not.</p>
      <FieldError error={remove.error} />
    </Dialog>
  );
}
