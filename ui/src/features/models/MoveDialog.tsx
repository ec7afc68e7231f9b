/** Moving an alias or a stage: says what it moves from and to, asks why, keeps the answer. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { modelQuery, useEditModel, useEditVersion } from "../../api/models";
import { useAsk } from "../../api/reviews";
import type { NewRequest, VersionEdit } from "../../api/schema.gen";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextArea, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./Models.module.css";
import { isAliasProtected, isStageProtected } from "./protection";

/** What is protected is asked for where it would have been moved. */
function useAskInstead(name: string, onClose: () => void) {
  const ask = useAsk();
  const send = (version: number, body: NewRequest) =>
    ask.mutate(
      { name, version, body },
      {
        onSuccess: () => {
          onClose();
          say("Asked. Whoever manages the model answers.");
        },
      },
    );
  return { send, pending: ask.isPending, error: ask.error };
}

const ASK = "Ask for this move";

const NAME = /^[\w-]+$/;

/** Let an alias stand for a version, or (no version left to choose) for nothing. */
export function MoveAliasDialog({ name, alias, version, onClose }: { name: string; alias: string; version: number | null; onClose: () => void }) {
  const { data: model } = useQuery(modelQuery(name));
  const [word, setWord] = useState(alias);
  const [target, setTarget] = useState(version ?? model?.versions[0]?.version ?? 0);
  const [reason, setReason] = useState("");
  const edit = useEditModel();
  const before = model?.aliases[word];
  const same = before === target;
  const asked = useAskInstead(name, onClose);
  const locked = isAliasProtected(model, word);
  const move = () =>
    edit.mutate(
      { name, edit: { aliases: { [word]: target }, reason: reason.trim() } },
      {
        onSuccess: () => {
          onClose();
          say(`@${word} stands for version ${target}`, {
            undo: () => edit.mutate({ name, edit: { aliases: { [word]: before ?? null }, reason: "undone at once" } }),
          });
        },
      },
    );
  return (
    <Dialog
      title="Move an alias"
      action={locked ? ASK : "Move"}
      disabled={!model || edit.isPending || asked.pending || !NAME.test(word) || !target || same}
      onAction={() => (locked ? asked.send(target, { alias: word, comment: reason.trim() }) : move())}
      onClose={onClose}
    >
      <TextField label="Alias" value={word} list="aliases" onChange={(event) => setWord(event.target.value.trim())} autoFocus={!alias} placeholder="champion" />
      <datalist id="aliases">
        {Object.keys(model?.aliases ?? {}).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <label className={s.field}>
        To version
        <select className={s.select} value={target} onChange={(event) => setTarget(Number(event.target.value))}>
          {model?.versions.map((one) => (
            <option key={one.version} value={one.version}>
              {one.version}
              {one.run ? ` · ${one.run.name}` : ""}
            </option>
          ))}
        </select>
      </label>
      <p role="status">
        {word && same
          ? `@${word} stands for version ${target} already.`
          : locked
            ? `@${word} is protected: it moves to version ${target} once somebody who manages the model has approved that.`
            : word && before !== undefined
            ? `@${word} moves from version ${before} to version ${target}. Whoever loads models:/${name}@${word} gets version ${target} from now on.`
            : word
              ? `@${word} is new and will stand for version ${target}.`
              : "Name the alias: letters, digits, _ and -."}
      </p>
      <TextArea label={locked ? "Why?" : "Why? (kept with the versions, with your name and the time)"} value={reason} onChange={setReason} />
      <FieldError error={asked.error ?? edit.error} />
    </Dialog>
  );
}

export function DropAliasDialog({ name, alias, version, onClose }: { name: string; alias: string; version: number; onClose: () => void }) {
  const { data: model } = useQuery(modelQuery(name));
  const locked = isAliasProtected(model, alias);
  const [reason, setReason] = useState("");
  const edit = useEditModel();
  const submit = () =>
    edit.mutate(
      { name, edit: { aliases: { [alias]: null }, reason: reason.trim() } },
      {
        onSuccess: () => {
          onClose();
          say(`Removed @${alias}`, {
            undo: () => edit.mutate({ name, edit: { aliases: { [alias]: version }, reason: "undone at once" } }),
          });
        },
      },
    );
  return (
    <Dialog title={`Remove the alias @${alias}?`} action="Remove" disabled={edit.isPending || locked} onAction={submit} onClose={onClose}>
      <p>
        It stands for version {version} now. Whoever loads models:/{name}@{alias} gets an error from then on.
      </p>
      {locked && <p role="status">@{alias} is protected: it can be asked to move to another version, and is not taken away meanwhile.</p>}
      <TextArea label="Why? (kept with the version, with your name and the time)" value={reason} onChange={setReason} />
      <FieldError error={edit.error} />
    </Dialog>
  );
}

const STAGES = ["None", "Staging", "Production", "Archived"] as const;

export function MoveStageDialog({ name, version, stage, onClose }: { name: string; version: number; stage: string; onClose: () => void }) {
  const { data: model } = useQuery(modelQuery(name));
  const [target, setTarget] = useState<(typeof STAGES)[number]>(stage === "Staging" ? "Production" : "Staging");
  const [archive, setArchive] = useState(false);
  const [reason, setReason] = useState("");
  const edit = useEditVersion();
  const active = target === "Staging" || target === "Production";
  const others = (model?.versions ?? []).filter((one) => one.stage === target && one.version !== version).map((one) => one.version);
  const archives = active && archive && others.length > 0;
  const asked = useAskInstead(name, onClose);
  const locked = [stage, target, ...(archives ? ["Archived"] : [])].find((one) => isStageProtected(model, one));
  const move = () => {
    const change: VersionEdit = { stage: target, reason: reason.trim() };
    if (archives) change.archive_existing = true;
    edit.mutate(
      { name, version, edit: change },
      {
        onSuccess: () => {
          onClose();
          say(`Version ${version} is in ${target === "None" ? "no stage" : target}`);
        },
      },
    );
  };
  return (
    <Dialog
      title={`Move version ${version} to another stage`}
      action={locked ? ASK : "Move"}
      disabled={edit.isPending || asked.pending || target === stage}
      onAction={() => (locked ? asked.send(version, { stage: target, comment: reason.trim() }) : move())}
      onClose={onClose}
    >
      <label className={s.field}>
        From {stage} to
        <select className={s.select} value={target} onChange={(event) => setTarget(event.target.value as typeof target)} autoFocus>
          {STAGES.filter((one) => one !== stage).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      {active && others.length > 0 && !isStageProtected(model, stage, target) && (
        <label className={s.inline}>
          <input type="checkbox" checked={archive} onChange={(event) => setArchive(event.target.checked)} />
          Archive what is in {target} now: version {others.join(", ")}
        </label>
      )}
      <p role="status">
        {locked
          ? `${locked === "None" ? "What is in no stage" : locked} is protected: version ${version} moves once somebody who manages the model has approved that.`
          : active
            ? `Whoever loads models:/${name}/${target} gets the highest version there${others.some((one) => one > version) && !archive ? ", which is another one" : ""}.`
            : `Version ${version} is no longer found by its stage.`}
      </p>
      <TextArea label={locked ? "Why?" : "Why? (kept with the version, with your name and the time)"} value={reason} onChange={setReason} />
      <FieldError error={asked.error ?? edit.error} />
    </Dialog>
  );
}
