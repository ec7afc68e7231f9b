/** How a run looks: a colour, and a dash that its mark repeats. From its experiment and its number there, so the same everywhere. */

/** Colours, of which the themes say what they are. A prime number: every second, fifth or tenth run takes them all in turn. */
export const SLOTS = 19;

/** Of lines, and by their place here the shapes of marks: disc, ring, square, diamond, hollow square. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [10, 3, 2, 3], [2, 2, 2, 7]];

/** Colours between the first runs of an experiment and of the next one. */
const APART = 8;

/** The tag that holds a run's own colour: a place in the palette, `0` to `18`, or `#rrggbb`. */
export const COLOUR_TAG = "runstone.color";

/** A CSS colour: the run's own where it is a sound one, else a variable of which the themes say what it is. */
export function runColour(ordinal: number, experiment: string, own?: unknown): string {
  if (typeof own === "string" && /^(\d|1[0-8])$/.test(own)) return slotColour(Number(own));
  if (typeof own === "string" && /^#[\da-f]{6}$/i.test(own)) return own;
  return slotColour(ordinal + APART * remainder(experiment));
}

/** One of the palette, for what is no run. */
export function slotColour(place: number): string {
  return `var(--run-${((place % SLOTS) + SLOTS) % SLOTS})`;
}

/**
 * Another one after as many runs as there are colours; each round through the marks begins one further, since every fifth
 * run would meet its own colour with the same mark in each round.
 */
export function runMark(ordinal: number): number {
  const block = Math.floor(Math.max(0, ordinal) / SLOTS);
  return (block + Math.floor(block / DASHES.length)) % DASHES.length;
}

export function runDash(ordinal: number): readonly number[] {
  return DASHES[runMark(ordinal)] ?? [];
}

/** A short piece of a line, as a CSS background. */
export function dashFill(colour: string, dash: readonly number[]): string {
  let at = 0;
  const stops = dash.map((length, i) => `${i % 2 ? "transparent" : colour} ${at}px ${(at += length)}px`);
  return stops.length ? `repeating-linear-gradient(90deg, ${stops.join(", ")})` : colour;
}

/** Of ids that have more digits than a number holds, too. */
function remainder(experiment: string): number {
  return [...experiment].reduce((rest, digit) => (rest * 10 + (Number(digit) || 0)) % SLOTS, 0);
}
