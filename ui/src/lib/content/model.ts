/** What an MLmodel file says: flavors, signature, facts. Reads the part of YAML that such files are written in. Pure. */

export interface Field {
  name: string;
  type: string;
  optional: boolean;
}

export interface ModelFile {
  flavors: string[];
  inputs: Field[] | null;
  outputs: Field[] | null;
  params: Field[] | null;
  facts: [string, string][];
}

const FACTS = ["model_id", "model_uuid", "run_id", "utc_time_created", "mlflow_version", "runstone_version", "model_size_bytes"];

export function readModel(text: string): ModelFile {
  const parts = topLevel(text);
  const signature = parts.get("signature") ?? "";
  return {
    flavors: [...(parts.get("flavors") ?? "").matchAll(/^ {2}([\w.-]+):/gm)].map((found) => found[1] ?? ""),
    inputs: fields(signature, "inputs"),
    outputs: fields(signature, "outputs"),
    params: fields(signature, "params"),
    facts: FACTS.flatMap((key): [string, string][] => {
      const value = unquoted((parts.get(key) ?? "").trim());
      return value && !value.includes("\n") ? [[key, value]] : [];
    }),
  };
}

/** Keys at the left edge, each with the text up to the next. */
function topLevel(text: string): Map<string, string> {
  const parts = new Map<string, string>();
  let key = "";
  for (const line of text.split(/\r?\n/)) {
    const found = /^([A-Za-z_][\w.-]*):(.*)$/.exec(line);
    if (found) {
      key = found[1] ?? "";
      parts.set(key, found[2] ?? "");
    } else if (key) parts.set(key, `${parts.get(key) ?? ""}\n${line}`);
  }
  return parts;
}

function fields(signature: string, key: string): Field[] | null {
  const found = new RegExp(`^ {2}${key}:\\s*((?:.*)(?:\\n {3,}.*)*)`, "m").exec(signature);
  if (!found) return null;
  const text = unquoted((found[1] ?? "").replace(/\s*\n\s+/g, " ").trim());
  try {
    const read = JSON.parse(text) as unknown;
    return Array.isArray(read) ? read.map((one, i) => field(one as Record<string, unknown>, i)) : null;
  } catch {
    return null;
  }
}

function unquoted(text: string): string {
  if (text.startsWith("'") && text.endsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll('\\"', '"') : text;
}

function field(one: Record<string, unknown>, place: number): Field {
  const name = one["name"];
  return {
    name: typeof name === "string" ? name : `[${place}]`,
    type: typeOf(one),
    optional: one["required"] === false || one["optional"] === true,
  };
}

function typeOf(one: Record<string, unknown>, depth = 0): string {
  const type = String(one["type"] ?? "?");
  if (depth > 5) return "…";
  const spec = one["tensor-spec"] as Record<string, unknown> | undefined;
  if (type === "tensor" && spec) return `${String(spec["dtype"])} [${Array.isArray(spec["shape"]) ? spec["shape"].map((size) => (size === -1 ? "any" : String(size))).join(" × ") : ""}]`;
  if (type === "array") return `list of ${typeOf((one["items"] ?? {}) as Record<string, unknown>, depth + 1)}`;
  if (type === "object") {
    const inner = Object.entries((one["properties"] ?? {}) as Record<string, Record<string, unknown>>);
    return `{ ${inner.map(([key, value]) => `${key}: ${typeOf(value, depth + 1)}`).join(", ")} }`;
  }
  const fallback = one["default"];
  return fallback === undefined ? type : `${type} = ${JSON.stringify(fallback)}`;
}
