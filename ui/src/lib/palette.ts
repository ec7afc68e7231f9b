/** A run's colour and dash: from its number in the experiment, so the same everywhere and for ever. */

export const SLOTS = 10;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3]];

/** The tag that holds a run's own colour: a place in the palette, `0` to `9`, or `#rrggbb`. */
export const COLOUR_TAG = "runstone.color";

/** A CSS colour: the run's own where it is a sound one, else a variable of which the themes say what it is. */
export function runColour(ordinal: number, own?: unknown): string {
  if (typeof own === "string" && /^\d$/.test(own)) return `var(--run-${own})`;
  if (typeof own === "string" && /^#[\da-f]{6}$/i.test(own)) return own;
  return `var(--run-${slot(ordinal)})`;
}

export function slot(ordinal: number): number {
  return ((ordinal % SLOTS) + SLOTS) % SLOTS;
}

export function runDash(ordinal: number): readonly number[] {
  return DASHES[Math.floor(Math.max(0, ordinal) / SLOTS) % DASHES.length] ?? [];
}
