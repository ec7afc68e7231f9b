/** Whether the server wants somebody to sign in: written by http.ts, shown by the sign-in box. */

import { useSyncExternalStore } from "react";

let shut = false;
let entries = 0;
const listeners = new Set<() => void>();

export function setShut(value: boolean): void {
  if (value === shut) return;
  shut = value;
  if (!shut) entries += 1;
  for (const listener of listeners) listener();
}

export function isShut(): boolean {
  return shut;
}

/** How often somebody came in by now. A refusal of what was asked before the last time says nothing of whom is here now. */
export function entered(): number {
  return entries;
}

export function onDoor(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useShut(): boolean {
  return useSyncExternalStore(onDoor, () => shut);
}
