import { quoteKey } from "../../lib/columns";
import { ENTITIES, tokenize } from "../../lib/filter";

export type SlipKind = "metrics" | "params" | "tags";

/** A key of the filter that no run has. `instead`: filters with what was perhaps meant in its place. */
export interface Slip {
  text: string;
  instead: readonly { field: string; filter: string }[];
}

/** Of one slip so many are offered. */
const MOST = 3;

/** The keys in a filter that are not `known`; a kind of which nothing is known is passed over. Pure. */
export function slips(filter: string, known: Readonly<Partial<Record<SlipKind, readonly string[]>>>): Slip[] {
  const found: Slip[] = [];
  for (const token of tokenize(filter)) {
    if (token.kind !== "entity") continue;
    const dot = token.text.indexOf(".");
    const kind = ENTITIES[token.text.slice(0, Math.max(0, dot)).toLowerCase()] as SlipKind | undefined;
    const keys = kind && known[kind];
    if (!keys) continue;
    const key = token.text.slice(dot + 1).replace(/^(["`])(.*)\1$/, "$2");
    if (keys.includes(key)) continue;
    const other = (["metrics", "params", "tags"] as const).filter((one) => one !== kind && known[one]?.includes(key));
    const fields = [...other.map((one) => `${one}.${quoteKey(key)}`), ...near(key, keys).map((one) => `${kind}.${quoteKey(one)}`)];
    found.push({
      text: token.text,
      instead: fields.slice(0, MOST).map((field) => ({ field, filter: filter.slice(0, token.start) + field + filter.slice(token.end) })),
    });
  }
  return found;
}

function near(key: string, keys: readonly string[]): string[] {
  const typed = key.toLowerCase();
  return keys
    .map((one) => ({ one, far: distance(typed, one.toLowerCase()) }))
    .filter(({ one, far }) => far <= Math.max(1, Math.min(typed.length, one.length) / 3) || (typed.length > 2 && one.toLowerCase().endsWith(typed)))
    .sort((a, b) => a.far - b.far)
    .map(({ one }) => one);
}

/** Letters to change, add or leave out (Levenshtein). Very long keys are far from everything. */
function distance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return a === b ? 0 : Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}
