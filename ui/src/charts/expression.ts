/** A small language of numbers: `log(loss) / (1 + lr)`. It is parsed and worked out here; nothing is ever run as a program. Pure. */

export type Expression =
  | { kind: "number"; value: number }
  | { kind: "name"; name: string }
  | { kind: "call"; name: string; parts: Expression[] };

/** Where an expression is wrong, and how. */
export class ExpressionError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const FUNCTIONS: Readonly<Record<string, { least: number; most: number; run: (...values: number[]) => number }>> = {
  abs: { least: 1, most: 1, run: Math.abs },
  exp: { least: 1, most: 1, run: Math.exp },
  log: { least: 1, most: 1, run: Math.log },
  log2: { least: 1, most: 1, run: Math.log2 },
  log10: { least: 1, most: 1, run: Math.log10 },
  sqrt: { least: 1, most: 1, run: Math.sqrt },
  sign: { least: 1, most: 1, run: Math.sign },
  round: { least: 1, most: 1, run: Math.round },
  min: { least: 1, most: 20, run: Math.min },
  max: { least: 1, most: 20, run: Math.max },
};
const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
};

const LONGEST = 1000;
const DEEPEST = 60;
const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|`([^`]+)`|([A-Za-z_][\w.:]*)|(\*\*|[-+*/^(),]))/y;

interface Token {
  kind: "number" | "name" | "sign";
  text: string;
  at: number;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (source.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) throw new ExpressionError(`"${source.slice(at).trim()[0]}" is not understood here`, source.length - source.slice(at).trimStart().length);
    at = TOKEN.lastIndex;
    const [whole, number, quoted, bare, sign] = match;
    const start = at - whole.trimStart().length;
    if (number !== undefined) found.push({ kind: "number", text: number, at: start });
    else if (quoted !== undefined || bare !== undefined) found.push({ kind: "name", text: quoted ?? bare ?? "", at: start });
    else found.push({ kind: "sign", text: sign === "**" ? "^" : (sign ?? ""), at: start });
  }
  return found;
}

/** Throws ExpressionError. Names with other characters than letters, digits, `_`, `.` and `:` stand in backticks. */
export function parseExpression(source: string): Expression {
  if (source.length > LONGEST) throw new ExpressionError(`An expression has at most ${LONGEST} characters`, LONGEST);
  const list = tokens(source);
  let place = 0;
  const peek = () => list[place];
  const end = () => source.length;
  const take = (text: string): boolean => {
    if (peek()?.kind !== "sign" || peek()?.text !== text) return false;
    place += 1;
    return true;
  };
  const need = (text: string) => {
    if (!take(text)) throw new ExpressionError(`"${text}" is missing`, peek()?.at ?? end());
  };
  const binary = (below: (depth: number) => Expression, signs: readonly string[]) => (depth: number): Expression => {
    let left = below(depth);
    for (;;) {
      const sign = signs.find(take);
      if (!sign) return left;
      left = { kind: "call", name: sign, parts: [left, below(depth)] };
    }
  };
  const atom = (depth: number): Expression => {
    if (depth > DEEPEST) throw new ExpressionError("Too deeply nested", peek()?.at ?? end());
    const token = peek();
    if (!token) throw new ExpressionError("Something is missing at the end", end());
    if (take("(")) {
      const inner = sum(depth + 1);
      need(")");
      return inner;
    }
    place += 1;
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "sign") throw new ExpressionError(`"${token.text}" is not understood here`, token.at);
    return source[token.at] !== "`" && take("(") ? call(token, depth) : { kind: "name", name: token.text };
  };
  const call = (token: Token, depth: number): Expression => {
    const known = Object.hasOwn(FUNCTIONS, token.text) ? FUNCTIONS[token.text] : undefined;
    if (!known) throw new ExpressionError(`There is no function ${token.text}; there are ${Object.keys(FUNCTIONS).join(", ")}`, token.at);
    const parts = [sum(depth + 1)];
    while (take(",")) parts.push(sum(depth + 1));
    need(")");
    if (parts.length < known.least || parts.length > known.most) throw new ExpressionError(`${token.text} takes ${known.most === 1 ? "one value" : `${known.least} to ${known.most} values`}`, token.at);
    return { kind: "call", name: token.text, parts };
  };
  const power = (depth: number): Expression => {
    const base = atom(depth);
    return take("^") ? { kind: "call", name: "^", parts: [base, unary(depth + 1)] } : base;
  };
  const unary = (depth: number): Expression => {
    if (depth > DEEPEST) throw new ExpressionError("Too deeply nested", peek()?.at ?? end());
    if (take("-")) return { kind: "call", name: "-", parts: [{ kind: "number", value: 0 }, unary(depth + 1)] };
    return power(depth);
  };
  const product = binary(unary, ["*", "/"]);
  const sum = binary(product, ["+", "-"]);
  const whole = sum(0);
  const rest = peek();
  if (rest) throw new ExpressionError(`"${rest.text}" is not understood here`, rest.at);
  return whole;
}

/** The names it needs, each once. */
export function namesOf(expression: Expression): string[] {
  if (expression.kind === "number") return [];
  if (expression.kind === "name") return [expression.name];
  return [...new Set(expression.parts.flatMap(namesOf))];
}

/** Null where a name has no value or the result is no finite number. */
export function evaluate(expression: Expression, valueOf: (name: string) => number | null): number | null {
  const value = work(expression, valueOf);
  return value !== null && Number.isFinite(value) ? value : null;
}

function work(expression: Expression, valueOf: (name: string) => number | null): number | null {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "name") return valueOf(expression.name);
  const values: number[] = [];
  for (const part of expression.parts) {
    const value = work(part, valueOf);
    if (value === null) return null;
    values.push(value);
  }
  const [a = 0, b = 0] = values;
  const operator = Object.hasOwn(OPERATORS, expression.name) ? OPERATORS[expression.name] : undefined;
  return operator ? operator(a, b) : (FUNCTIONS[expression.name]?.run(...values) ?? null);
}
