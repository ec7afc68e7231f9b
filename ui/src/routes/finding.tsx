/** The palette's things to choose, and what choosing them does. Comes when it is first opened. */

import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Find } from "../features/palette/finds";
import { Palette } from "../features/palette/Palette";
import { joinSort } from "../lib/columns";
import { lowerIsBetter } from "../lib/direction";
import { remember } from "../lib/recent";
import { saveFile } from "../api/http";
import { marked, sessionQuery, useSignOut } from "../api/session";
import { setTheme, type Theme } from "../lib/theme";
import { copyText } from "../ui/Copy";
import { say } from "../ui/Toasts";
import { exportable } from "./share";

const PAGES: readonly Find[] = [
  { kind: "page", id: "/", name: "Home", keys: "g h" },
  { kind: "page", id: "/experiments", name: "Experiments", keys: "g e" },
  { kind: "page", id: "/runs", name: "All runs" },
  { kind: "page", id: "/models", name: "Models", keys: "g m" },
  { kind: "page", id: "/compare", name: "Compare", keys: "g c" },
  { kind: "page", id: "/trash", name: "Trash", detail: "deleted runs and experiments" },
  { kind: "page", id: "docs", name: "The server's endpoints", detail: "OpenAPI" },
];

const ACTIONS: readonly Find[] = [
  { kind: "action", id: "copy link", name: "Copy the link to this view", keys: "y" },
  { kind: "action", id: "keys", name: "List of keys", keys: "?" },
  { kind: "action", id: "theme system", name: "Theme: as the system" },
  { kind: "action", id: "theme light", name: "Theme: light" },
  { kind: "action", id: "theme dark", name: "Theme: dark" },
  { kind: "action", id: "theme contrast", name: "Theme: high contrast" },
  { kind: "action", id: "print", name: "Print this page" },
];

const OF_RUN: readonly Find[] = [
  { kind: "page", id: "run/metrics", name: "This run's metrics" },
  { kind: "page", id: "run/system", name: "This run's system metrics" },
  { kind: "page", id: "run/artifacts", name: "This run's artifacts" },
  { kind: "page", id: "run/console", name: "This run's console" },
  { kind: "action", id: "copy run id", name: "Copy this run's id" },
  { kind: "action", id: "copy python", name: "Copy as Python", detail: "the code that loads this run" },
];

const SIGNED_IN: readonly Find[] = [{ kind: "page", id: "/settings", name: "Settings", detail: "tokens, password" }];

const ADMIN: readonly Find[] = [
  { kind: "page", id: "/admin/users", name: "Users" },
  { kind: "page", id: "/admin/groups", name: "Groups" },
];

const PERMISSIONS: Find = { kind: "page", id: "permissions", name: "Permissions", detail: "who may do what here" };

const SIGN_OUT: Find = { kind: "action", id: "sign out", name: "Sign out" };

const FILE: Find = { kind: "action", id: "one file", name: "Save as one HTML file", detail: "opens offline" };

interface Props {
  onClose: () => void;
  onKeys: () => void;
}

export default function Finding({ onClose, onKeys }: Props) {
  const { runId, experimentId, name: model } = useParams({ strict: false });
  const go = useNavigate();
  const { pathname, search } = useLocation();
  const file = useMemo(() => exportable(pathname, search, runId, experimentId), [pathname, search, runId, experimentId]);
  const { data: session } = useQuery({ ...sessionQuery, enabled: marked() });
  const signOut = useSignOut();
  const granted = Boolean(session?.username && (experimentId || model));
  const things = useMemo(
    () => [
      ...(runId ? OF_RUN : []),
      ...PAGES,
      ...(granted ? [PERMISSIONS] : []),
      ...(session?.username ? SIGNED_IN : []),
      ...(session?.is_admin ? ADMIN : []),
      ...(file ? [FILE] : []),
      ...ACTIONS,
      ...(session?.username ? [SIGN_OUT] : []),
    ],
    [runId, file, granted, session],
  );

  const runs = (search: { q?: string; sort?: string }) =>
    experimentId ? go({ to: "/experiments/$experimentId/runs", params: { experimentId }, search }) : go({ to: "/runs", search });

  const page = (id: string) => {
    if (id === "docs") return location.assign(new URL("docs", document.baseURI));
    if (runId && id === "run/metrics") return go({ to: "/runs/$runId/metrics", params: { runId } });
    if (runId && id === "run/system") return go({ to: "/runs/$runId/system", params: { runId } });
    if (runId && id === "run/artifacts") return go({ to: "/runs/$runId/artifacts", params: { runId } });
    if (runId && id === "run/console") return go({ to: "/runs/$runId/console", params: { runId } });
    if (id === PERMISSIONS.id && experimentId) return go({ to: "/experiments/$experimentId/permissions", params: { experimentId } });
    if (id === PERMISSIONS.id && model) return go({ to: "/models/$name/permissions", params: { name: model } });
    return go({ to: id as "/" | "/experiments" | "/runs" | "/models" | "/compare" | "/settings" | "/admin/users" | "/admin/groups" });
  };

  const act = (id: string) => {
    if (id === "keys") onKeys();
    else if (id === SIGN_OUT.id) signOut.mutate();
    else if (id === FILE.id) void (file && saveFile("export", file).catch((error: Error) => say(error.message, { tone: "error" })));
    else if (id === "print") setTimeout(() => window.print(), 100);
    else if (id.startsWith("theme ")) setTheme(id.slice(6) as Theme);
    else void copyText(copied(id, runId ?? ""), "it").then((done) => done && say("Copied"));
  };

  const choose = (find: Find) => {
    const kind = find.of ?? find.kind;
    // By the name that it was found by: who goes on before its page has come was there, too.
    if (kind === "run" || kind === "experiment" || kind === "model") remember({ kind, id: find.id, name: find.name });
    switch (kind) {
      case "filter":
        return void runs({ q: find.id });
      case "run":
        return void go({ to: "/runs/$runId", params: { runId: find.id } });
      case "experiment":
        return void go({ to: "/experiments/$experimentId/runs", params: { experimentId: find.id } });
      case "model":
        return void go({ to: "/models/$name", params: { name: find.id } });
      case "metric":
        if (runId) return void go({ to: "/runs/$runId/metrics", params: { runId }, search: { find: find.id } });
        return void runs({ sort: joinSort([{ id: `metrics.${find.id}`, descending: !lowerIsBetter(find.id) }]) });
      case "param":
        return void runs({ sort: joinSort([{ id: `params.${find.id}`, descending: false }]) });
      case "page":
        return void page(find.id);
      default:
        return act(find.id);
    }
  };
  return <Palette things={things} onChoose={choose} onClose={onClose} />;
}

function copied(id: string, runId: string): string {
  if (id === "copy run id") return runId;
  if (id === "copy python") return `import runstone\n\nrun = runstone.get_run("${runId}")`;
  return location.href;
}
