/** What this browser looked at last, newest first, for the palette. Storage may be forbidden or hold nonsense. */

export type RecentKind = "run" | "experiment" | "model";

export interface Recent {
  kind: RecentKind;
  id: string;
  name: string;
}

const NAME = "runstone.recent";
const MOST = 12;

export function recent(): Recent[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    return Array.isArray(found) ? found.filter(isRecent).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

function isRecent(value: unknown): value is Recent {
  const one = value as Recent | null;
  return typeof one === "object" && one !== null && ["run", "experiment", "model"].includes(one.kind) && typeof one.id === "string" && typeof one.name === "string";
}

export function remember(one: Recent): void {
  const rest = recent().filter((old) => old.kind !== one.kind || old.id !== one.id);
  save([{ ...one, name: one.name.slice(0, 200) }, ...rest].slice(0, MOST));
}

/** A model is known by its name alone. */
export function renameRecent({ kind, id, name }: Recent): void {
  save(recent().map((one) => (one.kind === kind && one.id === id ? { kind, id: kind === "model" ? name : id, name: name.slice(0, 200) } : one)));
}

export function forgetRecent(): void {
  save([]);
}

function save(list: readonly Recent[]): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(list));
  } catch {
    // Then nothing is remembered.
  }
}
