/** A filter as rows of field, operator and value, and back. What rows cannot say stays as it is written. */

import { clauses, quoteText, type Token, tokenize } from "../../lib/filter";

export interface Condition {
  field: string;
  operator: string;
  value: string;
}

/** `written` is the row's part of the filter; "" while it lacks something. Rows cannot show parts without a condition. */
export interface BuilderRow {
  written: string;
  condition: Condition | null;
}

export interface Built {
  join: "and" | "or";
  rows: BuilderRow[];
}

const NUMBERS = ["=", "!=", ">", ">=", "<", "<=", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];
const TEXTS = ["=", "!=", "LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NUMERIC = /^(?:metrics?\.|(?:(?:attributes?|attr|run)\.)?(?:start_time|end_time|duration|ordinal|deleted_time)$)/i;

const isNumeric = (field: string) => NUMERIC.test(field);
export const operatorsOf = (field: string): readonly string[] => (isNumeric(field) ? NUMBERS : TEXTS);
export const wantsValue = (operator: string) => !operator.startsWith("IS ");

export function readRows(filter: string): Built {
  const alternatives = apart(filter);
  const parts = alternatives.length > 1 ? alternatives : clauses(filter);
  return {
    join: alternatives.length > 1 ? "or" : "and",
    rows: parts.map((written) => ({ written, condition: conditionOf(written) })),
  };
}

export function writeRows({ join, rows }: Built): string {
  return rows.map((row) => row.written).filter(Boolean).join(` ${join} `);
}

/** The row of a condition; its part is "" until the condition is whole. */
export function rowOf(condition: Condition): BuilderRow {
  return { condition, written: written(condition) ?? "" };
}

/** The parts that OR joins at the top. */
function apart(filter: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const token of tokenize(filter)) {
    if (token.text === "(") depth += 1;
    else if (token.text === ")") depth -= 1;
    else if (depth === 0 && token.kind === "keyword" && token.text.toLowerCase() === "or") {
      parts.push(filter.slice(from, token.start).trim());
      from = token.end;
    }
  }
  return [...parts, filter.slice(from).trim()].filter(Boolean);
}

function conditionOf(part: string): Condition | null {
  const [field, ...rest] = tokenize(part).filter((token) => token.kind !== "space");
  if (field?.kind !== "entity") return null;
  const words: string[] = [];
  while (rest[0]?.kind === "keyword" || (rest[0]?.kind === "operator" && words.length === 0)) {
    words.push((rest.shift() as Token).text.toUpperCase());
  }
  const operator = words.join(" ");
  if (!operatorsOf(field.text).includes(operator)) return null;
  const list = operator.endsWith("IN");
  if (list && (rest.shift()?.text !== "(" || rest.pop()?.text !== ")")) return null;
  const values = rest.filter((_, i) => i % 2 === 0).map(plain);
  const commas = rest.filter((_, i) => i % 2 === 1);
  if (commas.some((token) => token.text !== ",") || values.includes(null)) return null;
  if (list ? values.length === 0 || values.some((one) => one?.includes(",")) : values.length !== (wantsValue(operator) ? 1 : 0)) return null;
  return { field: field.text, operator, value: values.join(", ") };
}

/** What a value says without its quotes; null for what a row would not write back the same. */
function plain(token: Token): string | null {
  if (token.kind === "number") return token.text;
  if (token.kind !== "text" || token.text.includes("\\")) return null;
  const quote = token.text[0] as string;
  const value = token.text.slice(1, -1).replaceAll(quote + quote, quote);
  return value.trim() === value ? value : null;
}

function written({ field, operator, value }: Condition): string | null {
  const [token, more] = tokenize(field);
  if (token?.kind !== "entity" || more || !operatorsOf(field).includes(operator)) return null;
  if (!wantsValue(operator)) return `${field} ${operator}`;
  const list = operator.endsWith("IN");
  const values = (list ? value.split(",") : [value]).map((one) => one.trim()).filter(Boolean);
  if (values.length === 0 || (isNumeric(field) && !values.every((one) => NUMBER.test(one)))) return null;
  const said = values.map((one) => (isNumeric(field) ? one : quoteText(one))).join(", ");
  return `${field} ${operator} ${list ? `(${said})` : said}`;
}
