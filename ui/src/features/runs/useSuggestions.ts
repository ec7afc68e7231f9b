import { useQuery } from "@tanstack/react-query";
import { type KeyKind, keysQuery } from "../../api/keys";
import type { ValueCount } from "../../api/schema.gen";
import { valuesQuery } from "../../api/table";
import { quoteKey } from "../../lib/columns";
import { ATTRIBUTES, type Completing, completing, quoteText } from "../../lib/filter";
import { pastFilters } from "../../lib/history";
import { plural } from "../../lib/format";

export interface Suggestion {
  label: string;
  insert: string;
  note: string;
}

const KINDS: readonly Suggestion[] = [
  { label: "metrics.", insert: "metrics.", note: "last value of a metric" },
  { label: "params.", insert: "params.", note: "" },
  { label: "tags.", insert: "tags.", note: "" },
  { label: "min(metrics.", insert: "min(metrics.", note: "smallest value of a metric" },
  { label: "max(metrics.", insert: "max(metrics.", note: "greatest value of a metric" },
  { label: "not", insert: "not ", note: "" },
  ...ATTRIBUTES.map((name) => ({ label: name, insert: `${name} `, note: "of the run" })),
];
const NOTES: Readonly<Record<string, string>> = {
  LIKE: "% and _ stand for anything",
  ILIKE: "the same in any case",
  "IN (": "one of a list",
};
const OPERATORS: readonly Suggestion[] = ["=", "!=", ">", ">=", "<", "<=", "LIKE", "ILIKE", "IN (", "IS NULL", "IS NOT NULL"].map(
  (word) => ({ label: word, insert: `${word} `, note: NOTES[word] ?? "" }),
);
const JOINS: readonly Suggestion[] = ["and", "or"].map((word) => ({ label: word, insert: `${word} `, note: "" }));
const MOST = 40;

/** What could be written at the caret; nothing when `caret` is null. */
export function useSuggestions(text: string, caret: number | null, experiments: readonly string[]) {
  const place = caret === null ? null : completing(text, caret);
  const wantsKeys = place?.want === "key" && isKeyKind(place.kind);
  const keys = useQuery({
    ...keysQuery((wantsKeys ? place.kind : "metrics") as KeyKind, experiments, wantsKeys ? place.prefix : "", MOST),
    enabled: wantsKeys,
  });
  const wantsValues = place?.want === "value";
  const values = useQuery({
    ...valuesQuery({ column: wantsValues ? place.kind : "status", experiment_ids: [...experiments], contains: wantsValues ? place.prefix : "", limit: 30 }),
    enabled: wantsValues,
    retry: false,
  });
  const found = wantsValues && values.data && !values.error ? values.data.values : NO_VALUES;
  const past = place && !text.trim() ? pastFilters(experiments.join(",")) : [];
  const before = past.map((filter) => ({ label: filter, insert: filter, note: "used before" }));
  return { place, items: place ? [...before, ...offered(place, keys.data ?? [], found)] : [] };
}

const NO_VALUES: readonly ValueCount[] = [];
const isKeyKind = (kind: string): kind is KeyKind => kind === "metrics" || kind === "params" || kind === "tags";

function offered(place: Completing, keys: readonly { key: string; runs: number }[], values: readonly ValueCount[]): Suggestion[] {
  const prefix = place.prefix.toLowerCase();
  const starts = (items: readonly Suggestion[]) =>
    items.filter((item) => item.label.toLowerCase().startsWith(prefix) && item.label.toLowerCase() !== prefix);
  switch (place.want) {
    case "kind":
      return starts(KINDS);
    case "value":
      return values.map(({ value, runs }) => ({ label: quoteText(value), insert: `${quoteText(value)} `, note: plural(runs, "run") }));
    case "operator":
      return starts(OPERATORS);
    case "join":
      return starts(JOINS);
    case "key":
      if (place.kind === "attributes") return starts(ATTRIBUTES.map((name) => ({ label: name, insert: `${name} `, note: "" })));
      if (!isKeyKind(place.kind)) return [];
      return keys
        .filter((key) => key.key.toLowerCase().includes(prefix) && key.key !== place.prefix)
        .map((key) => ({
          label: `${place.kind}.${quoteKey(key.key)}`,
          insert: `${place.kind}.${quoteKey(key.key)} `,
          note: plural(key.runs, "run"),
        }));
  }
}
