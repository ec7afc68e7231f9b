/** Colours for numbers: even to the eye from low to high (the stops of viridis), never a rainbow. Pure. */

const STOPS = ["#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39"] as const;

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** `share` from 0 to 1. */
export function ramp(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(place));
  const a = channels(STOPS[low] ?? STOPS[0]);
  const b = channels(STOPS[low + 1] ?? STOPS[0]);
  return `#${a.map((one, i) => Math.round(one + ((b[i] ?? one) - one) * (place - low)).toString(16).padStart(2, "0")).join("")}`;
}

/** So many steps of the ramp are drawn, each in one path. */
export const LEVELS = 16;

export function level(share: number): number {
  return Math.min(LEVELS - 1, Math.max(0, Math.floor(share * LEVELS)));
}

export const levelColour = (step: number): string => ramp(step / (LEVELS - 1));
