import { type ErrorComponentProps, Link, Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useLayoutEffect } from "react";
import { experimentQuery } from "../api/experiments";
import { useShut } from "../api/door";
import { runQuery } from "../api/runs";
import { SignedIn } from "../features/account/SignedIn";
import { Crumbs, Here } from "../features/shell/Crumbs";
import { Shell } from "../features/shell/Shell";
import { type RecentKind, remember } from "../lib/recent";
import { keepTyped } from "../lib/typed";
import { Empty, Trouble } from "../ui/Empty";
import { Page } from "../ui/Page";
import { patient } from "./later";
import { ShareMenu } from "./share";

const Finding = lazy(patient(() => import("./finding")));
const TraceWay = lazy(patient(() => import("./traceWay")));
const SignInBox = lazy(patient(() => import("./signing")));

/** The palette is not there yet: what is typed waits for it. */
function Typing() {
  useLayoutEffect(keepTyped, []);
  return null;
}

export function Root() {
  return (
    <Shell
      crumbs={<Way />}
      account={<SignedIn />}
      share={<ShareMenu />}
      finder={(onClose, onKeys) => (
        <Suspense fallback={<Typing />}>
          <Finding onClose={onClose} onKeys={onKeys} />
        </Suspense>
      )}
    >
      <Outlet />
      {useShut() && (
        <Suspense>
          <SignInBox />
        </Suspense>
      )}
    </Shell>
  );
}

function Way() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { experimentId, runId, traceId, name: model, version } = useParams({ strict: false });
  if (runId) return <RunWay id={runId} />;
  const permissions = path.endsWith("/permissions") ? "Permissions" : "";
  if (experimentId) return <ExperimentWay id={experimentId} here={path.endsWith("/traces") ? "Traces" : permissions} />;
  if (traceId) return <Suspense><TraceWay id={traceId} /></Suspense>;
  if (model) return <ModelWay name={model} here={version ? `Version ${version}` : path.endsWith("/compare") ? "Compare" : permissions} />;
  const name = { "/settings": "Settings", "/admin/users": "Users", "/admin/groups": "Groups", "/admin/webhooks": "Webhooks", "/models": "Models", "/trash": "Trash", "/": "Home", "/experiments": "Experiments", "/runs": "Runs", "/compare": "Compare" }[path.replace(/(.)\/$/, "$1")];
  return <Crumbs>{[<Here key="here">{name ?? "Not found"}</Here>]}</Crumbs>;
}

const list = (
  <Link key="list" to="/experiments">
    Experiments
  </Link>
);

/** What was looked at is found first in the palette. */
function useRecent(kind: RecentKind, id: string, name: string | null | undefined): void {
  useEffect(() => {
    if (name) remember({ kind, id, name });
  }, [kind, id, name]);
}

function ModelWay({ name, here }: { name: string; here: string }) {
  useRecent("model", name, name);
  const models = (
    <Link key="models" to="/models">
      Models
    </Link>
  );
  const model = (
    <Link key="model" to="/models/$name" params={{ name }} dir="auto">
      {name}
    </Link>
  );
  return <Crumbs>{here ? [models, model, <Here key="here">{here}</Here>] : [models, <Here key="here">{name}</Here>]}</Crumbs>;
}

function ExperimentWay({ id, here }: { id: string; here: string }) {
  const { data } = useQuery(experimentQuery(id));
  useRecent("experiment", id, data?.name);
  if (!here) return <Crumbs>{[list, <Here key="here">{data?.name ?? id}</Here>]}</Crumbs>;
  return (
    <Crumbs>
      {[
        list,
        <Link key="experiment" to="/experiments/$experimentId/runs" params={{ experimentId: id }} dir="auto">
          {data?.name ?? id}
        </Link>,
        <Here key="here">{here}</Here>,
      ]}
    </Crumbs>
  );
}

function RunWay({ id }: { id: string }) {
  const { data } = useQuery(runQuery(id));
  useRecent("run", id, data && (data.info.run_name || id.slice(0, 8)));
  if (!data) return <Crumbs>{[list, <Here key="here">{id.slice(0, 8)}</Here>]}</Crumbs>;
  return (
    <Crumbs>
      {[
        list,
        <Link key="experiment" to="/experiments/$experimentId/runs" params={{ experimentId: data.info.experiment_id }} dir="auto">
          {data.experiment_name}
        </Link>,
        <Here key="here">{data.info.run_name || id.slice(0, 8)}</Here>,
      ]}
    </Crumbs>
  );
}

export function Missing() {
  return (
    <Page title="Not found" heading="Nothing is here">
      <Empty icon="search" title="This address leads nowhere">
        <p>
          <Link to="/experiments">The experiments</Link> are a good place to go on from.
        </p>
      </Empty>
    </Page>
  );
}

export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="Something went wrong">
      <Trouble error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
    </Page>
  );
}
