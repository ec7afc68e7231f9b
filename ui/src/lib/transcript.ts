/** What a terminal would show of what a process printed: progress bars only as they last stood. Pure. */

export interface Piece {
  stream: string;
  text: string;
}

export interface TranscriptLine {
  stream: string;
  text: string;
}

// Escape sequences but those of colours: CSI, OSC up to its end, and two-character ones.
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[(?![\d;:]*m)[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export function transcript(pieces: readonly Piece[]): TranscriptLine[] {
  const lines: TranscriptLine[] = [];
  const open: Record<string, string> = {};
  for (const { stream, text } of pieces) {
    const parts = ((open[stream] ?? "") + text).split("\n");
    open[stream] = parts.pop() ?? "";
    for (const part of parts) lines.push({ stream, text: settled(part) });
  }
  for (const [stream, rest] of Object.entries(open)) if (rest) lines.push({ stream, text: settled(rest) });
  return lines;
}

/** A carriage return begins the line again; the last writing wins. */
function settled(line: string): string {
  const written = line.replace(/\r+$/, "");
  return written.slice(written.lastIndexOf("\r") + 1).replace(ESCAPES, "");
}

// eslint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[\d;:]*m/g;

/** A line without its colours: what is searched. */
export const uncoloured = (line: string): string => (line.includes("\u001b") ? line.replace(COLOURS, "") : line);

export interface Cut {
  text: string;
  found: boolean;
}

/** A text cut wherever `find` is in it, in any case. */
export function cutAt(text: string, find: string): Cut[] {
  const pieces: Cut[] = [];
  const [low, wanted] = [text.toLowerCase(), find.toLowerCase()];
  // Letters that change their length with their case would shift the places.
  if (!wanted || low.length !== text.length) return [{ text, found: false }];
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), found: false });
    pieces.push({ text: text.slice(at, at + wanted.length), found: true });
    from = at + wanted.length;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), found: false });
  return pieces;
}
