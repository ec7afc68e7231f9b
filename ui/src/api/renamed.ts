/** A new name in every answer that is here, so that lists, ways and the palette show it before they are asked for again. */

import type { QueryClient } from "@tanstack/react-query";
import { renameRecent, type RecentKind } from "../lib/recent";

export interface Renamed {
  kind: RecentKind;
  /** Of a model its old name. */
  id: string;
  name: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Answers in which `name` beside an experiment's id is that of the experiment, or beside nothing that of a model. */
const EXPERIMENTS: ReadonlySet<unknown> = new Set(["experiments", "experiment", "find", "trash"]);
const MODELS: ReadonlySet<unknown> = new Set(["models", "find"]);

/** The same answer with the new name, and the very same object where nothing in it has the old one. Pure. */
export function renamedIn(query: unknown, answer: unknown, change: Renamed): unknown {
  if (Array.isArray(answer)) {
    if (typeof answer[0] !== "object") return answer;
    const next = answer.map((one) => renamedIn(query, one, change));
    return next.some((one, i) => one !== answer[i]) ? next : answer;
  }
  if (typeof answer !== "object" || answer === null) return answer;
  const fields = answer as Fields;
  const next: Record<string, unknown> = {};
  let same = true;
  const own = ownNames(query, fields, change);
  for (const [key, value] of Object.entries(fields)) {
    next[key] = own.has(key) ? change.name : renamedIn(query, value, change);
    same &&= next[key] === value;
  }
  const rows = change.kind === "run" ? runNames(fields, change) : null;
  if (rows) return { ...next, names: rows };
  return same ? answer : next;
}

/** Which of its fields hold the name. */
function ownNames(query: unknown, fields: Fields, { kind, id }: Renamed): ReadonlySet<string> {
  const has = (...keys: string[]) => new Set(keys.filter((key) => key in fields));
  if (kind === "model") return MODELS.has(query) && fields["name"] === id && !("experiment_id" in fields || "run_id" in fields) ? has("name") : has();
  if (kind === "run") return fields["run_id"] === id ? has("run_name", "name") : has();
  const info = fields["info"] as Fields | undefined;
  if (fields["experiment_id"] !== id && info?.["experiment_id"] !== id) return has();
  return EXPERIMENTS.has(query) && !("run_id" in fields) ? has("name", "experiment_name") : has("experiment_name");
}

/** The names of a table of runs, where this one is in it under another. */
function runNames({ run_ids: ids, names }: Fields, { id, name }: Renamed): string[] | null {
  if (!Array.isArray(ids) || !Array.isArray(names)) return null;
  const at = ids.indexOf(id);
  return at >= 0 && names[at] !== name ? names.map((one: string, i) => (i === at ? name : one)) : null;
}

export function renameEverywhere(client: QueryClient, change: Renamed): void {
  for (const [key, answer] of client.getQueriesData<unknown>({})) {
    const next = renamedIn(key[0], answer, change);
    if (next !== answer) client.setQueryData(key, next);
  }
  renameRecent(change);
  void client.invalidateQueries({ queryKey: ["find"] });
}
