/** What differs between two JSON texts, place by place. Pure. */

export interface JsonChange {
  /** `a.b[2]`; empty for the whole. */
  path: string;
  /** Null where there is nothing. */
  before: string | null;
  after: string | null;
}

/** Changes that are looked for. */
const MOST = 2_000;

/** `null` if either text is no JSON. */
export function jsonChanges(before: string, after: string): JsonChange[] | null {
  let values: [unknown, unknown];
  try {
    values = [JSON.parse(before), JSON.parse(after)];
  } catch {
    return null;
  }
  const found: JsonChange[] = [];
  // A stack, not a recursion: a hostile file nests deeper than a browser can call.
  const stack: [string, unknown, unknown][] = [["", ...values]];
  for (let next = stack.pop(); next !== undefined && found.length < MOST; next = stack.pop()) {
    const [path, a, b] = next;
    if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
      const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
      const list = Array.isArray(a);
      for (const key of keys.reverse()) stack.push([list ? `${path}[${key}]` : path ? `${path}.${key}` : key, own(a, key), own(b, key)]);
    } else if (words(a) !== words(b)) found.push({ path, before: words(a), after: words(b) });
  }
  return found;
}

type Branch = Record<string, unknown>;

function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null;
}

function own(value: Branch, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function words(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
