/** Frame of the administrators' pages; whoever is none is told so, before anything is asked. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sessionQuery } from "../../api/session";
import { Empty, Trouble } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import s from "./Admin.module.css";

export function AdminPage({ title, actions, withoutAccounts = false, children }: {
  title: string;
  actions?: ReactNode;
  /** There is something to administer where the server knows no users, too. */
  withoutAccounts?: boolean;
  children: ReactNode;
}) {
  const { data: session, error, refetch } = useQuery(sessionQuery);
  const open = withoutAccounts && session?.accounts === false;
  const may = open || (session?.accounts && (session.is_admin || !session.username));
  return (
    <Page title={title} actions={may && actions}>
      {error && !session ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : !session ? null : !session.accounts && !open ? (
        <Empty icon="file" title="This server knows no users">
          <p>Everybody who reaches it may do everything. Start it with --auth to have accounts and permissions.</p>
        </Empty>
      ) : !may ? (
        <Empty icon="stop" title="Only administrators may see this">
          <p>
            You are signed in as <b dir="auto">{session.username}</b>. Ask an administrator, or go to{" "}
            <Link to="/settings">your own settings</Link>.
          </p>
        </Empty>
      ) : (
        <>
          {!open && (
            <nav className={s.tabs} aria-label="Administration">
              <Link to="/admin/users">Users</Link>
              <Link to="/admin/groups">Groups</Link>
              <Link to="/admin/webhooks">Webhooks</Link>
            </nav>
          )}
          {children}
        </>
      )}
    </Page>
  );
}
