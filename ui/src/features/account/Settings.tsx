/** What is one's own: who one is here, the password, the tokens. */

import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../../api/session";
import type { SessionInfo } from "../../api/schema.gen";
import { Empty, Trouble } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Password } from "./Password";
import s from "./Settings.module.css";
import { Tokens } from "./Tokens";

export function Settings() {
  const { data: session, error, refetch } = useQuery(sessionQuery);
  return (
    <Page title="Settings">
      {error && !session ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : session && !session.accounts ? (
        <Empty icon="file" title="This server knows no users">
          <p>Everybody who reaches it may do everything. Start it with --auth to have accounts, tokens and permissions.</p>
        </Empty>
      ) : (
        session && <Own session={session} />
      )}
    </Page>
  );
}

function Own({ session }: { session: SessionInfo }) {
  return (
    <>
      {session.username && (
        <p className={s.note}>
          Signed in as <b dir="auto">{session.username}</b>
          {session.is_admin ? ", an administrator" : ""}.
        </p>
      )}
      <Tokens />
      {session.username && (session.has_password ? <Password username={session.username} /> : <Elsewhere provider={session.provider} />)}
    </>
  );
}

function Elsewhere({ provider }: { provider: string }) {
  return (
    <section className={s.part} aria-labelledby="password">
      <h2 id="password">Password</h2>
      <p className={s.note}>You have none here: you sign in with {provider || "your organisation’s account"}. Programs use a token.</p>
    </section>
  );
}
