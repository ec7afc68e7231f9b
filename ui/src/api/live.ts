/** Live without reload: what the server says has changed is asked for again, and nothing else. */

import type { Query, QueryClient } from "@tanstack/react-query";
import { connection, onConnection, setConnection } from "./connection";
import { isShut, onDoor } from "./door";
import { ApiError, ask, listen } from "./http";
import { Pace } from "./pace";
import type { ChangesEvent, Health } from "./schema.gen";

/** At most one round of questions in this many milliseconds; the first goes out at once. */
const PACE = 1000;
/** Lists over whole experiments cost the server more and change less. */
const SLOW_PACE = 3000;
const SLOW: ReadonlySet<unknown> = new Set([
  ...["experiments", "trash", "traces", "keys", "equal", "bands", "rows", "grouped", "importance", "difference"],
  ...["models", "model", "version", "run-models"],
]);
/** Waits between tries while the server is away, milliseconds. */
const BACK_OFF = [1000, 2000, 4000, 8000, 15000];

type Change = Omit<ChangesEvent, "cursor">;

/** Does a change of these runs and experiments concern the answer to this question? Pure. */
export function concerns(key: readonly unknown[], change: Change): boolean {
  const [name, first] = key;
  const runs = change.run_ids;
  switch (name) {
    case "experiments":
    case "traces":
    case "trash":
    case "table":
    case "grouped":
    case "keys":
    case "equal":
    case "bands":
    case "rows":
    case "importance":
      return change.more || runs.length > 0 || change.experiment_ids.length > 0;
    case "experiment":
    case "views":
      return change.more || change.experiment_ids.includes(String(first));
    case "run":
    case "difference":
    case "metrics":
    case "document":
    case "artifacts":
      return change.more || runs.includes(String(first));
    case "models":
    case "model":
    case "version":
    case "run-models":
      // The registry has no ids of its own in an event: every change may be one of it.
      return true;
    case "series":
    case "verdict":
    case "compared":
      return change.more || (first as readonly string[]).some((id) => runs.includes(id));
    default:
      return false;
  }
}

/** Milliseconds in which what was asked ahead has come. */
const AHEAD = 1000;

class Live {
  private readonly client: QueryClient;
  private cursor: number | undefined;
  private stop: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private readonly soon: Pace;
  private readonly later: Pace;

  constructor(client: QueryClient) {
    this.client = client;
    this.soon = new Pace(PACE, (change) => this.renew(change, (name) => !SLOW.has(name)));
    this.later = new Pace(SLOW_PACE, (change) => this.renew(change, (name) => SLOW.has(name)));
    onConnection(() => {
      // Found out by somebody's question, perhaps while the stream still hangs.
      if (connection().state === "away" && this.timer === undefined) this.wait();
    });
    onDoor(() => {
      if (isShut()) return;
      this.tries = 0;
      this.retry();
    });
  }

  open(): void {
    if (this.stop || document.hidden) return;
    this.stop = listen(this.cursor, {
      open: () => {
        this.tries = 0;
        setConnection({ state: "live" });
      },
      changes: (event) => this.take(event),
      lost: () => {
        this.stop = null;
        void this.probe();
      },
    });
  }

  /** A tab that nobody sees costs nothing; on return the cursor brings what was missed. */
  visibility = (): void => {
    if (!document.hidden) this.retry();
    else {
      this.stop?.();
      this.stop = null;
      this.cancel();
    }
  };

  retry = (): void => {
    this.cancel();
    if (connection().state === "away") void this.probe();
    else this.open();
  };

  /** Is it the stream alone, or the server? Ask until it answers, ever more slowly. */
  private async probe(): Promise<void> {
    this.cancel();
    if (document.hidden) return;
    const wasAway = connection().state === "away";
    try {
      await ask<Health>("health");
    } catch (trouble) {
      if (answers(trouble)) setConnection({ state: "quiet" }); // it wants somebody to sign in first; then we go on
      else this.wait();
      return;
    }
    setConnection({ state: this.stop ? "live" : "quiet" });
    if (wasAway) void this.client.invalidateQueries();
    if (!this.stop) this.after(this.tries === 0 ? 0 : this.pause(), () => this.open());
    this.tries += 1;
  }

  private wait(): void {
    const pause = this.pause();
    this.tries += 1;
    this.after(pause, () => void this.probe());
    const since = connection().state === "away" ? connection().since : Date.now();
    setConnection({ state: "away", since, retryAt: Date.now() + pause });
  }

  private pause(): number {
    return BACK_OFF[Math.min(this.tries, BACK_OFF.length - 1)] ?? 15000;
  }

  private after(pause: number, action: () => void): void {
    this.cancel();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      action();
    }, pause);
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private take(event: ChangesEvent): void {
    // Answers that came before the stream began may already be old.
    const first = this.cursor === undefined;
    if (first) {
      void this.client.invalidateQueries({ predicate: (query) => query.state.data !== undefined });
      // And these may come yet, and be older: the server's page has the browser ask for them before this began.
      const early = () => {
        if (document.hidden) setTimeout(early, AHEAD);
        else void this.client.invalidateQueries({ predicate: ({ queryKey: [name], state }) => state.dataUpdateCount < 2 && (name === "experiment" || name === "keys") });
      };
      setTimeout(early, AHEAD);
    }
    this.cursor = event.cursor;
    if (first) return;
    this.soon.add(event);
    this.later.add(event);
  }

  private renew(change: Change, takes: (name: unknown) => boolean): void {
    const predicate = (query: Query) => takes(query.queryKey[0]) && concerns(query.queryKey, change);
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

/** It says no, but it is there. */
function answers(trouble: unknown): boolean {
  return trouble instanceof ApiError && trouble.status === 401;
}

/** Ask whether the server is there: "here", or "away" once it is back after having been away. */
export async function untilBack(): Promise<"here" | "away"> {
  try {
    await ask<Health>("health");
    return "here";
  } catch (trouble) {
    if (answers(trouble)) return "here";
    // Asking has marked it as away, and that starts the tries.
  }
  await new Promise<void>((done) => {
    const stop = onConnection(() => {
      if (connection().state === "away") return;
      stop();
      done();
    });
  });
  return "away";
}
