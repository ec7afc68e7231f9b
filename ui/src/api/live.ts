/** Live without reload: what the server says has changed is asked for again, and nothing else. */

import type { Query, QueryClient } from "@tanstack/react-query";
import { connection, setConnection } from "./connection";
import { ask, listen } from "./http";
import type { ChangesEvent, Health } from "./schema.gen";

/** At most one round of questions in this many milliseconds; the first goes out at once. */
const PACE = 1000;
/** Waits between tries while the server is away, milliseconds. */
const BACK_OFF = [1000, 2000, 4000, 8000, 15000];

/** Does a change of these runs and experiments concern the answer to this question? Pure. */
export function concerns(key: readonly unknown[], change: Omit<ChangesEvent, "cursor">): boolean {
  const [name, first] = key;
  const runs = change.run_ids;
  switch (name) {
    case "experiments":
    case "table":
    case "keys":
      return change.more || runs.length > 0 || change.experiment_ids.length > 0;
    case "experiment":
      return change.more || change.experiment_ids.includes(String(first));
    case "run":
    case "document":
    case "artifacts":
      return change.more || runs.includes(String(first));
    case "series":
      return change.more || (first as readonly string[]).some((id) => runs.includes(id));
    default:
      return false;
  }
}

class Live {
  private readonly client: QueryClient;
  private cursor: number | undefined;
  private stop: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private readonly runs = new Set<string>();
  private readonly experiments = new Set<string>();
  private more = false;
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private flushed = 0;

  constructor(client: QueryClient) {
    this.client = client;
  }

  open(): void {
    if (this.stop || document.hidden) return;
    this.stop = listen(this.cursor, {
      open: () => {
        this.tries = 0;
        setConnection({ state: "live" });
      },
      changes: (event) => this.take(event),
      lost: () => this.lost(),
    });
  }

  /** A tab that nobody sees costs nothing; on return the cursor brings what was missed. */
  visibility = (): void => {
    if (!document.hidden) this.retry();
    else if (this.stop) {
      this.stop();
      this.stop = null;
      clearTimeout(this.timer);
    }
  };

  retry = (): void => {
    clearTimeout(this.timer);
    if (connection().state === "away") void this.probe();
    else this.open();
  };

  private lost(): void {
    this.stop = null;
    void this.probe();
  }

  /** Is it the stream alone, or the server? Ask until it answers, ever more slowly. */
  async probe(): Promise<void> {
    if (document.hidden) return;
    const wasAway = connection().state === "away";
    try {
      await ask<Health>("health");
    } catch {
      this.wait();
      return;
    }
    setConnection({ state: "quiet" });
    if (wasAway) void this.client.invalidateQueries();
    if (this.tries === 0) this.open();
    else this.timer = setTimeout(() => this.open(), 250);
    this.tries += 1;
  }

  private wait(): void {
    const pause = BACK_OFF[Math.min(this.tries, BACK_OFF.length - 1)] ?? 15000;
    this.tries += 1;
    const since = connection().state === "away" ? connection().since : Date.now();
    setConnection({ state: "away", since, retryAt: Date.now() + pause });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.probe(), pause);
  }

  private take(event: ChangesEvent): void {
    // Answers that came before the stream began may already be old.
    if (this.cursor === undefined) void this.client.invalidateQueries({ predicate: (query) => query.state.data !== undefined });
    this.cursor = event.cursor;
    for (const id of event.run_ids) this.runs.add(id);
    for (const id of event.experiment_ids) this.experiments.add(id);
    this.more ||= event.more;
    if (!this.runs.size && !this.experiments.size && !this.more) return;
    this.flushing ??= setTimeout(() => this.flush(), Math.max(0, this.flushed + PACE - Date.now()));
  }

  private flush(): void {
    const change = { run_ids: [...this.runs], experiment_ids: [...this.experiments], more: this.more };
    this.runs.clear();
    this.experiments.clear();
    this.more = false;
    this.flushing = undefined;
    this.flushed = Date.now();
    const predicate = (query: Query) => concerns(query.queryKey, change);
    void this.client.invalidateQueries({ predicate }, { cancelRefetch: false });
  }
}

let live: Live | null = null;

/** Called once, before the first page asks its first question, so that nothing falls in between. */
export function startLive(client: QueryClient): void {
  live = new Live(client);
  live.open();
  document.addEventListener("visibilitychange", live.visibility);
  window.addEventListener("online", live.retry);
}

export function retryNow(): void {
  live?.retry();
}
