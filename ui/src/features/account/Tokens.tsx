/** One's own tokens: what programs sign in with. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tokensQuery, useDeleteToken } from "../../api/accounts";
import type { TokenRow } from "../../api/schema.gen";
import { formatTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Trouble } from "../../ui/Empty";
import { FieldError } from "../../ui/Field";
import { Table } from "../../ui/Table";
import t from "../../ui/Table.module.css";
import { Ago, useNow } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import { NewTokenDialog } from "./NewTokenDialog";
import s from "./Settings.module.css";

export function Tokens() {
  const { data: tokens, error, refetch } = useQuery(tokensQuery);
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<TokenRow | null>(null);
  return (
    <section className={s.part} aria-labelledby="tokens">
      <header>
        <h2 id="tokens">Tokens</h2>
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New token
        </Button>
      </header>
      <p className={s.note}>Training scripts and other programs sign in with a token instead of a password. Each can be revoked by itself.</p>
      {error && !tokens ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : (
        <Table label="Your tokens" heads={["Name", "May", "Made", "Expires", ""]} busy={!tokens}>
          {tokens?.map((one) => (
            <tr key={one.token_id} data-testid="token-row">
              <td className={t.name} dir="auto">
                {one.name}
              </td>
              <td>{SCOPES[one.scope] ?? one.scope}</td>
              <td>
                <Ago time={one.creation_time} />
              </td>
              <td>
                <Expires time={one.expires} />
              </td>
              <td className={t.tight}>
                <Button kind="quiet" aria-label={`Revoke ${one.name}`} onClick={() => setLeaving(one)}>
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {tokens?.length === 0 && <p className={t.faint}>None yet.</p>}
      {making && <NewTokenDialog onClose={() => setMaking(false)} />}
      {leaving && <RevokeDialog token={leaving} onClose={() => setLeaving(null)} />}
    </section>
  );
}

const SCOPES: Readonly<Record<string, string>> = { read: "read", write: "read and write", admin: "all that you may" };

function Expires({ time }: { time: number | null }) {
  const now = useNow();
  if (time === null) return <span className={t.faint}>never</span>;
  if (time <= now) return <span className={t.warn}>expired</span>;
  return <time>{formatTime(time)}</time>;
}

function RevokeDialog({ token, onClose }: { token: TokenRow; onClose: () => void }) {
  const revoke = useDeleteToken();
  const submit = () =>
    revoke.mutate(token.token_id, {
      onSuccess: () => {
        onClose();
        say(`Revoked “${token.name}”`);
      },
    });
  return (
    <Dialog title="Revoke the token?" action="Revoke" disabled={revoke.isPending} onAction={submit} onClose={onClose}>
      <p>
        Programs that use <b dir="auto">{token.name}</b> are refused from now on. This cannot be undone.
      </p>
      <FieldError error={revoke.error} />
    </Dialog>
  );
}
