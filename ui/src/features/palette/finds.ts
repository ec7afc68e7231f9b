/** What the palette can find: out of memory, out of the server's answer, in which order. Pure. */

import type { Found } from "../../api/schema.gen";
import { fuzzy } from "../../lib/fuzzy";

export type Kind = "filter" | "recent" | "run" | "experiment" | "model" | "metric" | "param" | "page" | "action";

export interface Find {
  kind: Kind;
  /** With the kind its identity: a run's id, a model's name, an action's word. */
  id: string;
  name: string;
  detail?: string | undefined;
  /** The key that does the same. */
  keys?: string;
  /** Of a recent one: what it is. */
  of?: "run" | "experiment" | "model";
}

export interface Group {
  kind: Kind;
  title: string;
  finds: Find[];
}

const TITLES: Readonly<Record<Kind, string>> = {
  filter: "Filter",
  recent: "Recent",
  run: "Runs",
  experiment: "Experiments",
  model: "Models",
  metric: "Metrics",
  param: "Params",
  page: "Pages",
  action: "Actions",
};

/** Of each kind at most. */
const MOST = 7;

/** Does the text compare something that runs have? */
export function isRunFilter(text: string): boolean {
  return /(^|[\s(])((metrics?|params?|parameters?|tags?|attributes?|attr|datasets?)\.\S+|(min|max|first|last|count)\(.+\)|status|run_name|run_id|user_id|start_time|end_time|duration)\s*(=|!=|<|>|not\s|i?like\s|in\s|is\s)/i.test(
    text,
  );
}

const key = (find: Find) => `${find.of ?? find.kind} ${find.id}`;

/** Nothing typed: what was looked at last, then pages and actions. Else all that fits, best first; `theirs` follows after ours. */
export function groups(typed: string, recents: readonly Find[], ours: readonly Find[], theirs: readonly Find[]): Group[] {
  const text = typed.trim();
  if (!text) return grouped([...recents, ...ours.filter((one) => one.kind === "page" || one.kind === "action")], 20);
  const scored = new Map<string, { find: Find; score: number }>();
  for (const find of [...ours, ...recents.map((one): Find => ({ ...one, kind: one.of ?? one.kind }))]) {
    const score = Math.max(fuzzy(find.name, text), 0.8 * fuzzy(find.detail ?? "", text), find.id.startsWith(text) ? 150 : 0);
    if (score > 0 && !scored.has(key(find))) scored.set(key(find), { find, score });
  }
  const known = [...scored.values()].sort((a, b) => b.score - a.score).map((one) => one.find);
  const added = theirs.filter((one) => !scored.has(key(one)));
  const filter: Find[] = isRunFilter(text) ? [{ kind: "filter", id: text, name: text, detail: "show the runs that match" }] : [];
  return grouped([...filter, ...known, ...added], MOST);
}

/** In the order in which their first one comes. */
function grouped(finds: readonly Find[], most: number): Group[] {
  const found = new Map<Kind, Find[]>();
  for (const find of finds) {
    const list = found.get(find.kind) ?? [];
    if (list.length < most) list.push(find);
    found.set(find.kind, list);
  }
  return [...found].map(([kind, list]) => ({ kind, title: TITLES[kind], finds: list }));
}

export function answered(found: Found | undefined): Find[] {
  if (!found) return [];
  return [
    ...found.runs.map((run): Find => ({
      kind: "run",
      id: run.run_id,
      name: run.name || run.run_id.slice(0, 8),
      detail: [run.experiment_name, run.because === "id" ? run.run_id.slice(0, 12) : run.because].filter(Boolean).join(" · "),
    })),
    ...found.experiments.map((one): Find => ({ kind: "experiment", id: one.experiment_id, name: one.name })),
    ...found.models.map((one): Find => ({ kind: "model", id: one.name, name: one.name, detail: one.latest === null ? undefined : `v${one.latest}` })),
    ...found.metrics.map((one): Find => ({ kind: "metric", id: one, name: one })),
    ...found.params.map((one): Find => ({ kind: "param", id: one, name: one })),
  ];
}
