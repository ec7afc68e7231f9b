/** The verdict that `runstone reproduce` leaves on both runs, in words. Pure. */

export interface Reproduction {
  tone: "ok" | "warn" | "error";
  word: string;
  detail: string;
  /** The other run of the pair; empty where there is none. */
  other: string;
}

interface Kept {
  status?: unknown;
  of?: unknown;
  run_id?: unknown;
  layers?: unknown;
  metrics?: unknown;
  compared?: unknown;
  missing?: unknown;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []);

export function reproduction(tag: string | undefined, runId: string): Reproduction | null {
  if (!tag) return null;
  let kept: Kept;
  try {
    kept = JSON.parse(tag) as Kept;
  } catch {
    return null;
  }
  if (!kept || typeof kept !== "object") return null;
  const id = kept.of === runId ? kept.run_id : kept.of;
  const other = typeof id === "string" && id !== runId ? id : "";
  const compared = typeof kept.compared === "number" ? kept.compared : 0;
  const off = Array.isArray(kept.metrics) ? kept.metrics.length : 0;
  const layers = texts(kept.layers);
  const differing = layers.length ? `; differs in ${layers.join(", ")}` : "";
  if (kept.status === "reproduced") return { tone: "ok", word: "Reproduced", detail: `${compared} of ${compared} metrics agree${differing}`, other };
  if (kept.status === "differs") return { tone: "warn", word: "Does not reproduce", detail: `${off} of ${compared} metrics differ${differing}`, other };
  if (kept.status === "cannot") return { tone: "error", word: "Cannot be reproduced", detail: `${kept.run_id ? "" : "missing: "}${texts(kept.missing).join("; ") || "unknown"}`, other };
  return null;
}
