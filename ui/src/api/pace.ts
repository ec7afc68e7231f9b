import type { ChangesEvent } from "./schema.gen";

type Change = Omit<ChangesEvent, "cursor">;

/** Gathers changes and hands them on together, the first at once and then at most once every `every` milliseconds. */
export class Pace {
  private readonly every: number;
  private readonly out: (change: Change) => void;
  private readonly runs = new Set<string>();
  private readonly experiments = new Set<string>();
  private more = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = Number.NEGATIVE_INFINITY;

  constructor(every: number, out: (change: Change) => void) {
    this.every = every;
    this.out = out;
  }

  add(change: Change): void {
    for (const id of change.run_ids) this.runs.add(id);
    for (const id of change.experiment_ids) this.experiments.add(id);
    this.more ||= change.more;
    // An event without ids is of the registry.
    this.timer ??= setTimeout(() => this.flush(), Math.max(0, this.last + this.every - Date.now()));
  }

  private flush(): void {
    const change = { run_ids: [...this.runs], experiment_ids: [...this.experiments], more: this.more };
    this.runs.clear();
    this.experiments.clear();
    this.more = false;
    this.timer = undefined;
    this.last = Date.now();
    this.out(change);
  }
}
