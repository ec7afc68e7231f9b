/** Colours of a terminal's text (SGR escapes) as names that every theme can draw readably. Pure. */

export type Hue = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "grey";

export interface Look {
  hue: Hue | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  /** Something of the background was coloured, or turned over. */
  marked: boolean;
}

export interface Segment {
  text: string;
  look: Look;
}

export const PLAIN: Look = { hue: null, bold: false, dim: false, italic: false, underline: false, marked: false };

const NAMES: readonly (Hue | null)[] = ["grey", "red", "green", "yellow", "blue", "magenta", "cyan", null];
// eslint-disable-next-line no-control-regex
const SGR = /\u001b\[([\d;:]*)m/g;

/** Pieces of one line, each with its look, and the look in which the next line begins. */
export function segments(line: string, start: Look = PLAIN): { parts: Segment[]; end: Look } {
  if (!line.includes("\u001b")) return { parts: line ? [{ text: line, look: start }] : [], end: start };
  const parts: Segment[] = [];
  let look = start;
  let at = 0;
  for (const found of line.matchAll(SGR)) {
    if (found.index > at) parts.push({ text: line.slice(at, found.index), look });
    look = changed(look, found[1] ?? "");
    at = found.index + found[0].length;
  }
  if (at < line.length) parts.push({ text: line.slice(at), look });
  return { parts, end: look };
}

function changed(look: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map(Number);
  let next = look;
  for (let i = 0; i < numbers.length; i += 1) {
    const code = numbers[i] ?? 0;
    if (code === 38 || code === 48) {
      const mode = numbers[i + 1];
      const hue = mode === 5 ? hueOf256(numbers[i + 2] ?? 0) : hueOf(numbers[i + 2] ?? 0, numbers[i + 3] ?? 0, numbers[i + 4] ?? 0);
      next = code === 38 ? { ...next, hue } : { ...next, marked: true };
      i += mode === 5 ? 2 : 4;
    } else next = one(next, code);
  }
  return next;
}

function one(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 3 || code === 23) return { ...look, italic: code === 3 };
  if (code === 4 || code === 24) return { ...look, underline: code === 4 };
  if (code === 7 || (code >= 40 && code <= 47) || (code >= 100 && code <= 107)) return { ...look, marked: true };
  if (code === 27 || code === 49) return { ...look, marked: false };
  if (code === 39) return { ...look, hue: null };
  if (code >= 30 && code <= 37) return { ...look, hue: NAMES[code - 30] ?? null };
  if (code >= 90 && code <= 97) return { ...look, hue: NAMES[code - 90] ?? null };
  return look;
}

function hueOf256(code: number): Hue | null {
  if (code < 16) return NAMES[code % 8] ?? null;
  if (code >= 232) return code < 250 ? "grey" : null;
  const cube = code - 16;
  return hueOf(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

/** The nearest name of a colour (0 to 255 each). */
export function hueOf(red: number, green: number, blue: number): Hue | null {
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (span < 40) return most > 200 ? null : "grey";
  const turn = most === red ? ((green - blue) / span + 6) % 6 : most === green ? (blue - red) / span + 2 : (red - green) / span + 4;
  return (["red", "yellow", "green", "cyan", "blue", "magenta"] as const)[Math.round(turn) % 6] ?? null;
}
