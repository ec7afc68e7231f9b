/** Who waits for a question that many share. */

/** Somebody's own wish to have an answer no longer. */
export type Leave = AbortSignal | undefined;

/** Counts who waits, and for which part: parts that all have left are not asked for, and once nobody waits all is taken back. */
export class Leaving<Part> {
  private readonly parts = new Map<Part, number>();
  private readonly control = new AbortController();
  private waiting = 0;

  get signal(): AbortSignal {
    return this.control.signal;
  }

  /** What is still waited for. */
  wanted(): Part[] {
    return [...this.parts.keys()];
  }

  has(part: Part): boolean {
    return this.parts.has(part);
  }

  get size(): number {
    return this.parts.size;
  }

  /** One more waits. Who brings no signal never leaves. */
  join(part: Part, leave: Leave): void {
    this.waiting += 1;
    this.parts.set(part, (this.parts.get(part) ?? 0) + 1);
    const go = () => {
      this.waiting -= 1;
      const left = (this.parts.get(part) ?? 1) - 1;
      if (left > 0) this.parts.set(part, left);
      else this.parts.delete(part);
      if (this.waiting === 0) this.control.abort();
    };
    if (leave?.aborted) go();
    else leave?.addEventListener("abort", go, { once: true });
  }
}
