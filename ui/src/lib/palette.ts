/** A run's colour and dash: from its number in the experiment, so the same everywhere and for ever. */

export const SLOTS = 10;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3]];

/** A CSS variable; the themes say which colour it is. */
export function runColour(ordinal: number): string {
  return `var(--run-${slot(ordinal)})`;
}

export function slot(ordinal: number): number {
  return ((ordinal % SLOTS) + SLOTS) % SLOTS;
}

export function runDash(ordinal: number): readonly number[] {
  return DASHES[Math.floor(Math.max(0, ordinal) / SLOTS) % DASHES.length] ?? [];
}
