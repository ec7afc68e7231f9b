import { useState } from "react";
import { useCreateToken } from "../../api/accounts";
import type { NewToken } from "../../api/schema.gen";
import { CopyButton } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextField } from "../../ui/Field";
import { Snippet } from "../../ui/Snippet";
import { Choice } from "../../ui/Table";
import s from "./Settings.module.css";

const SCOPES: readonly (readonly [NonNullable<NewToken["scope"]>, string])[] = [
  ["read", "Read"],
  ["write", "Read and write"],
  ["admin", "All that you may, accounts and permissions too"],
];
const DAYS: readonly (readonly [number | null, string])[] = [
  [7, "in 7 days"],
  [30, "in 30 days"],
  [90, "in 90 days"],
  [365, "in a year"],
  [null, "never"],
];

export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<NonNullable<NewToken["scope"]>>("write");
  const [days, setDays] = useState<number | null>(90);
  const create = useCreateToken();
  if (create.data) return <Shown secret={create.data.token} onClose={onClose} />;
  const submit = () => create.mutate({ name: name.trim(), scope, days });
  return (
    <Dialog title="New token" action="Make it" disabled={!name.trim() || create.isPending} onAction={submit} onClose={onClose}>
      <TextField label="Name, to know it by" value={name} maxLength={255} onChange={(event) => setName(event.target.value)} autoFocus />
      <Choice label="What it may" hint="Never more than you may yourself." value={scope} onChange={(event) => setScope(event.target.value as typeof scope)}>
        {SCOPES.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </Choice>
      <Choice label="Expires" value={days ?? ""} onChange={(event) => setDays(event.target.value ? Number(event.target.value) : null)}>
        {DAYS.map(([value, word]) => (
          <option key={word} value={value ?? ""}>
            {word}
          </option>
        ))}
      </Choice>
      <FieldError error={create.error} />
    </Dialog>
  );
}

/** This once: the server keeps only its digest. */
function Shown({ secret, onClose }: { secret: string; onClose: () => void }) {
  const home = new URL(document.baseURI).href.replace(/\/$/, "");
  return (
    <Dialog title="Your new token" onClose={onClose}>
      <p role="status">It is shown this once. Whoever has it may do what it may: keep it as you keep a password.</p>
      <div className={s.secret}>
        <code data-testid="token-secret">{secret}</code>
        <CopyButton text={secret} what="the token" />
      </div>
      <Snippet code={`export MLFLOW_TRACKING_URI=${home}\nexport MLFLOW_TRACKING_TOKEN=${secret}`} what="the commands" />
    </Dialog>
  );
}
