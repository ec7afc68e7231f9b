/** Whether the server wants somebody to sign in: written by http.ts, shown by the sign-in box. */

import { useSyncExternalStore } from "react";

let shut = false;
const listeners = new Set<() => void>();

export function setShut(value: boolean): void {
  if (value === shut) return;
  shut = value;
  for (const listener of listeners) listener();
}

export function isShut(): boolean {
  return shut;
}

export function onDoor(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useShut(): boolean {
  return useSyncExternalStore(onDoor, () => shut);
}
