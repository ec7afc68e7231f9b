/** The words of the filter language, for highlight and completion. The server parses; this only knows what a token is. */

export type TokenKind = "space" | "keyword" | "entity" | "function" | "operator" | "text" | "number" | "punctuation" | "word" | "wrong";

export interface Token {
  kind: TokenKind;
  start: number;
  end: number;
  text: string;
}

const KEYWORDS = new Set(["and", "or", "not", "like", "ilike", "in", "is", "null"]);
const FUNCTIONS = new Set(["min", "max", "mean", "first", "last", "count"]);
export const ENTITIES: Readonly<Record<string, string>> = {
  metric: "metrics",
  metrics: "metrics",
  param: "params",
  params: "params",
  parameter: "params",
  parameters: "params",
  tag: "tags",
  tags: "tags",
  attribute: "attributes",
  attributes: "attributes",
  attr: "attributes",
  run: "attributes",
  dataset: "datasets",
  datasets: "datasets",
};
export const ATTRIBUTES = [
  "run_name",
  "status",
  "start_time",
  "end_time",
  "duration",
  "run_id",
  "user_id",
  "cause",
  "parent_run_id",
  "artifact_uri",
  "lifecycle_stage",
  "ordinal",
  "deleted_time",
];

const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /\s+/y],
  ["text", /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/y],
  ["operator", /[=!<>~&|]+/y],
  ["punctuation", /[(),]/y],
  ["number", /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y],
  ["word", /(?:[^\s'"`()=<>!~&|,]|`[^`]*`|(?<=\.)"[^"]*")+/y],
];

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const token = next(source, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens.map((token, i) => named(token, tokens[i + 1]));
}

function next(source: string, at: number): Token {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at;
    const found = rule.exec(source);
    if (found) return { kind, start: at, end: at + found[0].length, text: found[0] };
  }
  const open = source[at] === "'" || source[at] === '"' || source[at] === "`";
  const end = open ? source.length : at + 1;
  return { kind: "wrong", start: at, end, text: source.slice(at, end) };
}

function named(token: Token, after: Token | undefined): Token {
  if (token.kind !== "word") return token;
  const lower = token.text.toLowerCase();
  if (KEYWORDS.has(lower)) return { ...token, kind: "keyword" };
  if (FUNCTIONS.has(lower) && after?.text === "(") return { ...token, kind: "function" };
  const dot = token.text.indexOf(".");
  if (dot > 0 && ENTITIES[lower.slice(0, dot)]) return { ...token, kind: "entity" };
  if (ATTRIBUTES.includes(lower)) return { ...token, kind: "entity" };
  return token;
}

/** Is the writer in the middle of a clause? Then nobody should be told yet that it is wrong. */
export function incomplete(source: string): boolean {
  const tokens = tokenize(source).filter((token) => token.kind !== "space");
  const last = tokens.at(-1);
  if (!last) return false;
  if (last.kind === "wrong") return /^['"`]/.test(last.text);
  if (last.kind === "operator" || last.kind === "keyword") return last.text.toLowerCase() !== "null";
  if (last.text === "(" || last.text === ",") return true;
  const depth = tokens.reduce((sum, token) => sum + (token.text === "(" ? 1 : token.text === ")" ? -1 : 0), 0);
  if (depth > 0) return true;
  const before = tokens.at(-2);
  const opensClause = !before || ["and", "or", "not", "("].includes(before.text.toLowerCase());
  return opensClause && (last.kind === "entity" || last.kind === "word");
}

export interface Completing {
  /** What is being written: a kind (`metr`), a key of a kind (`metrics.lo`), an operator, a value of a field, or a joining word. */
  want: "kind" | "key" | "operator" | "value" | "join";
  kind: string;
  prefix: string;
  start: number;
  end: number;
}

/** What would help at the caret; null inside a number. `kind` of a value is its field as written. */
export function completing(source: string, caret: number): Completing | null {
  const tokens = tokenize(source);
  const index = tokens.findIndex((token) => token.start < caret && caret <= token.end);
  const token = tokens[index];
  const before = tokens.slice(0, index < 0 ? tokens.length : index).filter((one) => one.kind !== "space" && one.end <= caret);
  const last = before.at(-1);
  const value = inValue(token, caret, before);
  if (value) return value;
  if (token && (token.kind === "word" || token.kind === "entity" || token.kind === "keyword" || token.kind === "function")) {
    return inWord(token, caret, last);
  }
  if (token && token.kind !== "space" && token.text !== "(" && token.text !== ")") return null;
  return afterToken(token?.text === "(" || token?.text === ")" ? token : last, caret);
}

/** A value of a param, tag or attribute that is being written, or comes next. Numbers of metrics nobody looks up. */
function inValue(token: Token | undefined, caret: number, before: readonly Token[]): Completing | null {
  if (token && (token.kind === "text" || token.kind === "wrong" || token.kind === "word" || token.kind === "number")) {
    const field = comparedField(before);
    if (!field || (token.kind === "text" && caret === token.end)) return null;
    const quoted = /^['"]/.test(token.text);
    const prefix = token.text.slice(quoted ? 1 : 0, caret - token.start).replaceAll("''", "'");
    return { want: "value", kind: field, prefix, start: token.start, end: token.end };
  }
  const ended = token && token.kind !== "space" ? [...before, token] : before;
  const field = comparedField(ended);
  return field ? { want: "value", kind: field, prefix: "", start: caret, end: caret } : null;
}

/** The field whose value comes after these: `params.p =`, `tags.t NOT LIKE`, `params.p IN ('x',`. */
function comparedField(before: readonly Token[]): string | null {
  const words = before.map((token) => token.text.toLowerCase());
  let at = words.length - 1;
  if (words[at] === "(" || words[at] === ",") {
    at = words.lastIndexOf("(") - 1;
    if (words[at] !== "in") return null;
  } else if (before[at]?.kind !== "operator" && words[at] !== "like" && words[at] !== "ilike") return null;
  const field = before[words[at - 1] === "not" ? at - 2 : at - 1];
  return field?.kind === "entity" && !/^metrics?\./i.test(field.text) ? field.text : null;
}

function inWord(token: Token, caret: number, before: Token | undefined): Completing | null {
  const written = token.text.slice(0, caret - token.start);
  const dot = written.indexOf(".");
  if (!before || before.text === "(" || ["and", "or", "not"].includes(before.text.toLowerCase())) {
    if (dot < 0) return { want: "kind", kind: "", prefix: written, start: token.start, end: token.end };
    const kind = ENTITIES[written.slice(0, dot).toLowerCase()];
    const prefix = written.slice(dot + 1).replace(/[`"]/g, "");
    return kind ? { want: "key", kind, prefix, start: token.start, end: token.end } : null;
  }
  if (before.kind === "entity" || before.kind === "word") {
    return { want: "operator", kind: "", prefix: written, start: token.start, end: token.end };
  }
  if (before.kind === "text" || before.kind === "number" || before.text === ")") {
    return { want: "join", kind: "", prefix: written, start: token.start, end: token.end };
  }
  return null;
}

function afterToken(last: Token | undefined, caret: number): Completing | null {
  const here = { kind: "", prefix: "", start: caret, end: caret };
  if (!last || last.text === "(" || ["and", "or", "not"].includes(last.text.toLowerCase())) return { want: "kind", ...here };
  if (last.kind === "entity") return { want: "operator", ...here };
  if (last.kind === "text" || last.kind === "number" || last.text === ")" || last.text.toLowerCase() === "null") {
    return { want: "join", ...here };
  }
  return null;
}

/** The parts of a filter that AND joins at the top, as written; one part when OR stands beside them. */
export function clauses(source: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const token of tokenize(source)) {
    const word = token.kind === "keyword" ? token.text.toLowerCase() : "";
    if (token.text === "(") depth += 1;
    else if (token.text === ")") depth -= 1;
    else if (depth === 0 && word === "or") return [source.trim()];
    else if (depth === 0 && word === "and") {
      parts.push(source.slice(from, token.start).trim());
      from = token.end;
    }
  }
  return [...parts, source.slice(from).trim()].filter((part) => part !== "");
}

/** A text as the filter grammar wants it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `params.model = 'cnn'`, or that there is none. */
export function clauseOf(field: string, value: string | null): string {
  return value === null ? `${field} IS NULL` : `${field} = ${quoteText(value)}`;
}

/** A filter and one more condition. */
export function alsoWith(filter: string, clause: string): string {
  if (!filter.trim()) return clause;
  let depth = 0;
  const or = tokenize(filter).some((token) => {
    depth += token.text === "(" ? 1 : token.text === ")" ? -1 : 0;
    return depth === 0 && token.kind === "keyword" && token.text.toLowerCase() === "or";
  });
  return `${or ? `(${filter})` : filter} and ${clause}`;
}
