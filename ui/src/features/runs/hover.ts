/** The run under the mouse, in the table or in a chart: either lights up the other. */

export class Hover {
  private run: string | null = null;
  private readonly listeners = new Set<() => void>();

  readonly get = (): string | null => this.run;

  readonly set = (run: string | null): void => {
    if (run === this.run) return;
    this.run = run;
    for (const listener of this.listeners) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}
