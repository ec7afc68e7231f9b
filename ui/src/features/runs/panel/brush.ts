/** Brushes of charts as clauses of the filter, both ways: what a chart chooses is what the table shows. Pure. */

import { asNumber, type Field } from "../../../charts/fields";
import { chosen } from "../../../charts/kinds/brushes";
import type { Brush, Brushes } from "../../../charts/kinds/types";
import { parseColumn, quoteKey } from "../../../lib/columns";
import { clauses } from "../../../lib/filter";

/** Values that one clause lists at most. */
export const MOST_VALUES = 200;

/** A column as the filter names it; null for an expression, which no filter can say. */
export function termOf(id: string): string | null {
  const spec = id.startsWith("=") ? null : parseColumn(id);
  if (!spec) return null;
  const name = `${spec.kind}.${quoteKey(spec.key)}`;
  return spec.stat === "last" ? name : `${spec.stat}(${name})`;
}

const NUMBER = /^\s*(>=|<=)\s*([+-]?[\d.]+(?:e[+-]?\d+)?)$/i;
const LIST = /^\s*in\s*\(([^]*)\)$/i;

/** What a clause says of a field, if it is one that a brush would write. */
function readClause(clause: string, term: string): { low?: number; high?: number; values?: string[] } | null {
  if (!clause.startsWith(term)) return null;
  const rest = clause.slice(term.length);
  const number = NUMBER.exec(rest);
  if (number) return number[1] === ">=" ? { low: Number(number[2]) } : { high: Number(number[2]) };
  const list = LIST.exec(rest);
  if (!list) return null;
  return { values: [...(list[1] ?? "").matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? "").replaceAll("''", "'")) };
}

export function readBrushes(filter: string, ids: readonly string[]): Brushes {
  const found = new Map<string, Brush>();
  const parts = clauses(filter);
  for (const id of ids) {
    const term = termOf(id);
    const said = term === null ? [] : parts.map((part) => readClause(part, term)).filter((one) => one !== null);
    const values = said.find((one) => one.values)?.values;
    const low = said.find((one) => one.low !== undefined)?.low;
    const high = said.find((one) => one.high !== undefined)?.high;
    if (values) found.set(id, { values });
    else if (low !== undefined || high !== undefined) found.set(id, { from: low ?? -Number.MAX_VALUE, to: high ?? Number.MAX_VALUE });
  }
  return found;
}

/** The filter without what brushes of these fields say. */
export function withoutBrushes(filter: string, ids: readonly string[]): string {
  const terms = ids.map(termOf).filter((term) => term !== null);
  const parts = clauses(filter);
  const kept = parts.filter((part) => !terms.some((term) => readClause(part, term)));
  return kept.length === parts.length ? filter : kept.join(" and ");
}

/** The filter with a brush put on a field, or taken away by null. Throws where that cannot be said in a filter. */
export function applyBrush(filter: string, field: Field, brush: Brush | null): string {
  const base = withoutBrushes(filter, [field.id]);
  if (!brush) return base;
  const term = termOf(field.id);
  if (term === null) throw new Error(`${field.name} is an expression: the table cannot be filtered by it.`);
  const clause = field.id.startsWith("metrics.") && "from" in brush ? `${term} >= ${brush.from} and ${term} <= ${brush.to}` : listClause(term, field, brush);
  return base ? `${guarded(base)} and ${clause}` : clause;
}

/** Params are texts: a stretch of their numbers is the list of those within it. */
function listClause(term: string, field: Field, brush: Brush): string {
  const values = "values" in brush ? brush.values : [...new Set(field.values.filter((value) => asNumber(value) !== null && chosen(brush, value)).map(String))];
  if (values.length > MOST_VALUES) throw new Error(`${values.length} values of ${field.name} are too many for a filter; ${MOST_VALUES} can be listed.`);
  if (values.length === 0) throw new Error(`No value of ${field.name} lies there.`);
  return `${term} IN (${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ")})`;
}

function guarded(filter: string): string {
  return clauses(filter).length === 1 && / or /i.test(filter) && !/^\(.*\)$/.test(filter) ? `(${filter})` : filter;
}
