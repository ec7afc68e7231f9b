/** Is the server there? A few facts that the top bar and the banner show; written by http.ts and live.ts alone. */

import { useSyncExternalStore } from "react";

export interface Connection {
  /** `live`: events flow. `quiet`: reachable, events not (yet) open. `away`: the server does not answer. */
  state: "quiet" | "live" | "away";
  /** When it was lost, milliseconds. */
  since: number;
  /** When the next try begins, milliseconds. */
  retryAt: number;
}

let current: Connection = { state: "quiet", since: 0, retryAt: 0 };
const listeners = new Set<() => void>();

export function connection(): Connection {
  return current;
}

export function setConnection(change: Partial<Connection>): void {
  const next = { ...current, ...change };
  if (next.state === current.state && next.since === current.since && next.retryAt === current.retryAt) return;
  current = next;
  for (const listener of listeners) listener();
}

export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(onConnection, connection);
}
