/** Asking for a move, and answering. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { modelQuery } from "../../api/models";
import { useAsk, useDecide } from "../../api/reviews";
import type { NewRequest, RequestDecision, RequestRow } from "../../api/schema.gen";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextArea, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./Models.module.css";

export type Decision = RequestDecision["decision"];

export const target = (one: { stage: string; alias: string }) => (one.stage ? (one.stage === "None" ? "no stage" : one.stage) : `@${one.alias}`);

const STAGES = ["Production", "Staging", "Archived", "None"] as const;
const ALIAS = "alias";

export function AskDialog({ name, version, onClose }: { name: string; version: number; onClose: () => void }) {
  const { data: model } = useQuery(modelQuery(name));
  const stage = model?.versions.find((one) => one.version === version)?.stage ?? "None";
  const [to, setTo] = useState<(typeof STAGES)[number] | typeof ALIAS>(stage === "Production" ? ALIAS : "Production");
  const [alias, setAlias] = useState("champion");
  const [comment, setComment] = useState("");
  const ask = useAsk();
  const body: NewRequest = { comment: comment.trim(), ...(to === ALIAS ? { alias: alias.trim() } : { stage: to }) };
  const submit = () =>
    ask.mutate(
      { name, version, body },
      {
        onSuccess: () => {
          onClose();
          say("Asked. Whoever manages the model answers.");
        },
      },
    );
  return (
    <Dialog
      title={`Ask that version ${version} moves`}
      action="Ask"
      disabled={ask.isPending || (to === ALIAS ? !/^[\w-]+$/.test(alias.trim()) : to === stage)}
      onAction={submit}
      onClose={onClose}
    >
      <label className={s.field}>
        To
        <select className={s.select} value={to} onChange={(event) => setTo(event.target.value as typeof to)}>
          {STAGES.filter((one) => one !== stage).map((one) => (
            <option key={one} value={one}>
              {one === "None" ? "no stage" : one}
            </option>
          ))}
          <option value={ALIAS}>an alias</option>
        </select>
      </label>
      {to === ALIAS && (
        <>
          <TextField label="Alias" value={alias} list="asked-aliases" onChange={(event) => setAlias(event.target.value)} />
          <datalist id="asked-aliases">
            {Object.keys(model?.aliases ?? {}).map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </>
      )}
      <TextArea label="Why?" value={comment} onChange={setComment} />
      <FieldError error={ask.error} />
    </Dialog>
  );
}

const HEADS = { APPROVED: "Approve", REJECTED: "Reject", WITHDRAWN: "Take back" } as const;

export function DecideDialog({ name, request, decision, onClose }: { name: string; request: RequestRow; decision: Decision; onClose: () => void }) {
  const [comment, setComment] = useState("");
  const [archive, setArchive] = useState(false);
  const decide = useDecide();
  const active = decision === "APPROVED" && (request.stage === "Production" || request.stage === "Staging");
  const submit = () =>
    decide.mutate(
      { name, id: request.request_id, body: { decision, comment: comment.trim(), archive_existing: active && archive } },
      {
        onSuccess: () => {
          onClose();
          say(decision === "APPROVED" ? `Version ${request.version} moved to ${target(request)}` : `${HEADS[decision]}: done`);
        },
      },
    );
  return (
    <Dialog
      title={`${HEADS[decision]}: version ${request.version} to ${target(request)}`}
      action={HEADS[decision]}
      disabled={decide.isPending}
      onAction={submit}
      onClose={onClose}
    >
      {request.comment && <q dir="auto">{request.comment}</q>}
      {active && (
        <label className={s.inline}>
          <input type="checkbox" checked={archive} onChange={(event) => setArchive(event.target.checked)} />
          Archive what is in {request.stage} now
        </label>
      )}
      <TextArea label="Why? (kept with the request, with your name and the time)" value={comment} onChange={setComment} />
      <FieldError error={decide.error} />
    </Dialog>
  );
}
