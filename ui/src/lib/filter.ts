/** The words of the filter language, for highlight and completion. The server parses; this only knows what a token is. */

export type TokenKind = "space" | "keyword" | "entity" | "function" | "operator" | "text" | "number" | "punctuation" | "word" | "wrong";

export interface Token {
  kind: TokenKind;
  start: number;
  end: number;
  text: string;
}

const KEYWORDS = new Set(["and", "or", "not", "like", "ilike", "in", "is", "null"]);
const FUNCTIONS = new Set(["min", "max", "first", "last", "count"]);
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
];

const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /\s+/y],
  ["text", /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/y],
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
  /** What is being written: a kind (`metr`), a key of a kind (`metrics.lo`), an operator, or a joining word. */
  want: "kind" | "key" | "operator" | "join";
  kind: string;
  prefix: string;
  start: number;
  end: number;
}

/** What would help at the caret; null inside a value. */
export function completing(source: string, caret: number): Completing | null {
  const tokens = tokenize(source);
  const index = tokens.findIndex((token) => token.start < caret && caret <= token.end);
  const token = tokens[index];
  const before = tokens.slice(0, index < 0 ? tokens.length : index).filter((one) => one.kind !== "space" && one.end <= caret);
  const last = before.at(-1);
  if (token && (token.kind === "word" || token.kind === "entity" || token.kind === "keyword" || token.kind === "function")) {
    return inWord(token, caret, last);
  }
  if (token && token.kind !== "space" && token.text !== "(" && token.text !== ")") return null;
  return afterToken(token?.text === "(" || token?.text === ")" ? token : last, caret);
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
