/** Addresses and the pages behind them. Tables of runs are in the first bundle; every other page comes when it is asked for. */

import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  redirect,
} from "@tanstack/react-router";
import type { ChartSearch } from "../charts/settings";
import type { ExperimentsSearch } from "../features/experiments/Experiments";
import type { RunsSearch } from "../features/runs/view";
import type { TracesSearch } from "../features/traces/search";
import { parseSearch, stringifySearch } from "../lib/search";
import { later } from "./later";
import { Broken, Missing, Root } from "./root";
import { ExperimentRunsRoute, RunsRoute } from "./runs";

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Root, notFoundComponent: Missing });

const home = createRoute({ getParentRoute: () => root, path: "/", component: later(() => import("./home"), "HomeRoute") });

const experiments = createRoute({
  getParentRoute: () => root,
  path: "/experiments",
  validateSearch: (search: Record<string, unknown>): ExperimentsSearch & { view?: string | undefined } => ({
    q: text(search["q"]),
    tags: text(search["tags"]),
    metric: text(search["metric"]),
    view: text(search["view"]),
  }),
  beforeLoad: ({ search: { view } }) => {
    if (view) throw redirect({ to: "/trash", replace: true }); // where those in the trash once were
  },
  component: later(() => import("./experiments"), "ExperimentsRoute"),
});

const experiment = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/experiments/$experimentId/runs", params, replace: true });
  },
});

/** Query keys of charts. Written out here, so that the first page needs nothing of theirs. */
const CHART_KEYS = ["x", "smooth", "log", "clip", "draw", "by", "find", "zoom", "fold"] as const satisfies readonly (keyof ChartSearch)[];

const chartSearch = (search: Record<string, unknown>): ChartSearch => Object.fromEntries(CHART_KEYS.map((key) => [key, text(search[key])]));

const RUNS_KEYS = [
  ...["q", "sort", "cols", "view", "sel", "group", "hide", "tree", "open", "pin", "fix", "cells"] as const,
  ...["panel", "split", "chart", "v"] as const,
  ...CHART_KEYS,
] satisfies readonly (keyof RunsSearch)[];

const runsSearch = (search: Record<string, unknown>): RunsSearch => Object.fromEntries(RUNS_KEYS.map((key) => [key, text(search[key])]));

const experimentRuns = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/runs",
  validateSearch: runsSearch,
  component: ExperimentRunsRoute,
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: (search: Record<string, unknown>): RunsSearch & { exp?: string | undefined } => ({
    exp: text(search["exp"]),
    ...runsSearch(search),
  }),
  component: RunsRoute,
});

const view = createRoute({ getParentRoute: () => root, path: "/v/$key", component: later(() => import("./views"), "ViewRoute") });

const traces = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/traces",
  validateSearch: (search: Record<string, unknown>): TracesSearch => ({ q: text(search["q"]), filter: text(search["filter"]), state: text(search["state"]), order: text(search["order"]) }),
  component: later(() => import("./traces"), "TracesRoute"),
});

const trace = createRoute({
  getParentRoute: () => root,
  path: "/traces/$traceId",
  validateSearch: (search: Record<string, unknown>): { span?: string | undefined } => ({ span: text(search["span"]) }),
  component: later(() => import("./traces"), "TraceRoute"),
});

const trash = createRoute({
  getParentRoute: () => root,
  path: "/trash",
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined; from?: string | undefined } => ({ q: text(search["q"]), from: text(search["from"]) }),
  component: later(() => import("./trash"), "TrashRoute"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  component: later(() => import("./run"), "RunRoute"),
});

const runOverview = createRoute({ getParentRoute: () => run, path: "/", component: later(() => import("./run"), "OverviewRoute") });

const runMetrics = createRoute({
  getParentRoute: () => run,
  path: "metrics",
  validateSearch: chartSearch,
  component: later(() => import("./charts"), "MetricsRoute"),
});

const runSystem = createRoute({
  getParentRoute: () => run,
  path: "system",
  validateSearch: (search: Record<string, unknown>): ChartSearch & { with?: string | undefined } => ({ ...chartSearch(search), with: text(search["with"]) }),
  component: later(() => import("./charts"), "SystemRoute"),
});

const runArtifacts = createRoute({
  getParentRoute: () => run,
  path: "artifacts",
  component: later(() => import("./artifacts"), "ArtifactsRoute"),
});

const runArtifact = createRoute({
  getParentRoute: () => run,
  path: "artifacts/$",
  component: later(() => import("./artifacts"), "ArtifactRoute"),
});

const runConsole = createRoute({
  getParentRoute: () => run,
  path: "console",
  component: later(() => import("./console"), "ConsoleRoute"),
});

const runMedia = createRoute({ getParentRoute: () => run, path: "media", component: later(() => import("./media"), "MediaRoute") });

const COMPARE_KEYS = ["runs", "base", "metric", "file", "with", "look"] as const;

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: (search: Record<string, unknown>): Partial<Record<(typeof COMPARE_KEYS)[number], string | undefined>> & ChartSearch => ({
    ...Object.fromEntries(COMPARE_KEYS.map((key) => [key, text(search[key])])),
    ...chartSearch(search),
  }),
  component: later(() => import("./compare"), "CompareRoute"),
});

const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined; order?: string | undefined } => ({
    q: text(search["q"]),
    order: text(search["order"]),
  }),
  component: later(() => import("./models"), "ModelsRoute"),
});

const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$name",
  component: later(() => import("./models"), "ModelRoute"),
});

const version = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/versions/$version",
  component: later(() => import("./models"), "VersionRoute"),
});

const compareVersions = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/compare",
  validateSearch: (search: Record<string, unknown>): { v?: string | undefined } => ({ v: text(search["v"]) }),
  component: later(() => import("./models"), "CompareVersionsRoute"),
});

const experimentPermissions = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/permissions",
  component: later(() => import("./admin"), "ExperimentPermissionsRoute"),
});

const modelPermissions = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/permissions",
  component: later(() => import("./admin"), "ModelPermissionsRoute"),
});

const users = createRoute({ getParentRoute: () => root, path: "/admin/users", component: later(() => import("./admin"), "UsersRoute") });

const groups = createRoute({ getParentRoute: () => root, path: "/admin/groups", component: later(() => import("./admin"), "GroupsRoute") });

const webhooks = createRoute({ getParentRoute: () => root, path: "/admin/webhooks", component: later(() => import("./admin"), "WebhooksRoute") });

const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: later(() => import("./account"), "SettingsRoute") });

const tree = root.addChildren([
  home,
  experiments,
  experiment,
  experimentRuns,
  runs,
  view,
  trash,
  traces,
  trace,
  run.addChildren([runOverview, runMetrics, runSystem, runArtifacts, runArtifact, runConsole, runMedia]),
  compare,
  models,
  model,
  version,
  compareVersions,
  experimentPermissions,
  modelPermissions,
  users,
  groups,
  webhooks,
  settings,
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    basepath: new URL(document.baseURI).pathname,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: Broken,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
