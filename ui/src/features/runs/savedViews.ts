/** What of the page's address a saved view holds. Pure. */

import type { RunsSearch } from "./view";

/** Key of the address that says which view is shown; `none`: none, not even the default one. */
export const NONE = "none";
/** Moments, and no parts of a view: what is ticked, and which view it is. */
const MOMENTS: ReadonlySet<string> = new Set(["sel", "v"]);

type Search = Readonly<Record<string, string | undefined>>;

/** With which experiment views of the runs of all experiments are kept, and what they say of experiments. */
const [KEEPER, EVERY] = ["0", "*"];

/** Where views of these experiments are kept. */
export const homeOf = (experiments: readonly string[]): string => experiments[0] ?? KEEPER;

/** The address as a view says it. */
export const whole = (search: RunsSearch, experiments: readonly string[]): RunsSearch => (experiments.length > 0 ? search : { ...search, exp: EVERY } as RunsSearch);

/** Of the views kept in one place those that are of these experiments: all runs, or not. */
export function viewsHere<View extends { search: Search }>(views: readonly View[], experiments: readonly string[]): View[] {
  return views.filter((view) => (view.search["exp"] === EVERY) === (experiments.length === 0));
}

/** What to save of an address. */
export function savedPart(search: RunsSearch): Record<string, string> {
  const kept = Object.entries(search as Search).filter(([key, value]) => value !== undefined && value !== "" && !MOMENTS.has(key));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** The change that turns one address into that of a view: what the view does not say is taken away. */
export function toView(search: RunsSearch, view: Search, key: string): RunsSearch {
  return { ...Object.fromEntries(Object.keys(search).map((name) => [name, undefined])), ...view, v: key };
}

/** Has something been changed since the view was opened or saved? */
export function differs(search: RunsSearch, view: Search): boolean {
  const now = savedPart(search);
  const keys = new Set([...Object.keys(now), ...Object.keys(view)]);
  return [...keys].some((key) => (now[key] ?? "") !== (view[key] ?? ""));
}
