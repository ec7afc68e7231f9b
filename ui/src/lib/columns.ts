/** A column of a runs table: which key, which statistic; as text in links and in questions to the server. */

export type Kind = "metrics" | "params" | "tags" | "attributes";
export type Stat = "last" | "min" | "max" | "mean" | "first" | "count";

export const STATS: readonly Stat[] = ["last", "min", "max", "mean", "first", "count"];

export interface ColumnSpec {
  kind: Kind;
  key: string;
  stat: Stat;
}

const KINDS: readonly string[] = ["metrics", "params", "tags", "attributes"];

export function column(kind: Kind, key: string, stat: Stat = "last"): ColumnSpec {
  return { kind, key, stat };
}

/** `metrics.loss`, `metrics.loss:min`, `params.lr`: what the server calls it, and this column's identity. */
export function columnId(spec: ColumnSpec): string {
  return `${spec.kind}.${spec.key}${spec.stat === "last" ? "" : `:${spec.stat}`}`;
}

/** As a person reads it: `loss`, `loss (min)`. */
export function nameOf({ key, stat }: ColumnSpec): string {
  return stat === "last" ? key : `${key} (${stat})`;
}

export function parseColumn(text: string): ColumnSpec | null {
  const dot = text.indexOf(".");
  const kind = text.slice(0, dot);
  if (dot < 1 || !KINDS.includes(kind)) return null;
  const rest = text.slice(dot + 1);
  if (!rest) return null;
  const colon = rest.lastIndexOf(":");
  const stat = rest.slice(colon + 1);
  if (kind === "metrics" && colon > 0 && (STATS as readonly string[]).includes(stat)) {
    return column("metrics", rest.slice(0, colon), stat as Stat);
  }
  return column(kind as Kind, rest);
}

/** A list in a link: commas between, a comma or backslash within a key escaped by a backslash. */
export function joinList(items: readonly string[]): string {
  return items.map((item) => item.replace(/[\\,]/g, "\\$&")).join(",");
}

export function splitList(text: string): string[] {
  const items: string[] = [];
  let item = "";
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === "\\" && i + 1 < text.length) item += text[(i += 1)];
    else if (char === ",") {
      items.push(item);
      item = "";
    } else item += char;
  }
  items.push(item);
  return items.filter((one) => one !== "");
}

export interface SortKey {
  id: string;
  descending: boolean;
}

/** `-metrics.m3,params.p0` */
export function parseSort(text: string): SortKey[] {
  return splitList(text).map((item) =>
    item.startsWith("-") ? { id: item.slice(1), descending: true } : { id: item, descending: false },
  );
}

export function joinSort(keys: readonly SortKey[]): string {
  return joinList(keys.map((key) => (key.descending ? "-" : "") + key.id));
}

/** What a click on a header does: first its natural direction, then the other, then no sorting; Shift keeps the other keys. */
export function nextSort(keys: readonly SortKey[], id: string, extend: boolean, descendingFirst: boolean): SortKey[] {
  const old = keys.find((key) => key.id === id);
  const rest = extend ? keys.filter((key) => key.id !== id) : [];
  if (!old) return [...rest, { id, descending: descendingFirst }];
  if (old.descending !== descendingFirst) return rest;
  const turned = { id, descending: !descendingFirst };
  return extend ? keys.map((key) => (key.id === id ? turned : key)) : [turned];
}

/** Sorting by a metric goes on by its new statistic. */
export function withStat(keys: readonly SortKey[], spec: ColumnSpec, stat: Stat): SortKey[] {
  const old = columnId(spec);
  return keys.map((key) => (key.id === old ? { ...key, id: columnId({ ...spec, stat }) } : key));
}

/** A key as the filter grammar wants it: bare where it can be, else in quotes. */
export function quoteKey(key: string): string {
  return /^[A-Za-z_][\w./\-@]*$/.test(key) ? key : `\`${key.replaceAll("`", "``")}\``;
}

/** One term of `order_by` in the filter grammar. */
export function orderTerm(sort: SortKey): string {
  const spec = parseColumn(sort.id);
  const direction = sort.descending ? "DESC" : "ASC";
  if (!spec) return `${sort.id} ${direction}`;
  const name = `${spec.kind}.${quoteKey(spec.key)}`;
  return `${spec.stat === "last" ? name : `${spec.stat}(${name})`} ${direction}`;
}
