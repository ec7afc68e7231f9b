/** Numbers, times and sizes as people read them. Pure; `now` is always handed in. */

/** A number as the server sends it: what JSON has no word for is a text. */
export type Wire = number | string | null | undefined;

const MINUS = "\u2212";

/** NaN, Infinity and -Infinity out of their texts; null stays "not logged". */
export function toNumber(value: Wire): number | null {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : Number(value);
}

const COUNT = new Intl.NumberFormat("en-US");

/** Four significant digits; whole numbers whole; very small and very large ones with an exponent. "" is "not logged". */
export function formatNumber(value: Wire, digits = 4): string {
  const number = toNumber(value);
  if (number === null) return "";
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(number);
  let text: string;
  if (number === 0) text = "0";
  else if (Number.isInteger(number) && size < 1e7) text = COUNT.format(size);
  else if (size < 1e-4 || size >= 1e7) text = shortExponent(size.toExponential(digits - 1));
  else text = plain(size.toPrecision(digits));
  return number < 0 ? MINUS + text : text;
}

function plain(text: string): string {
  return text.includes("e") ? COUNT.format(Number(text)) : text;
}

function shortExponent(text: string): string {
  const [mantissa = "", exponent = ""] = text.split("e");
  return `${mantissa.replace(/\.?0+$/, "")}e${exponent.replace("+", "")}`;
}

/** The whole value, for a title or for copying. */
export function exactNumber(value: Wire): string {
  const number = toNumber(value);
  return number === null ? "not logged" : String(number);
}

/** How much worse than the best: `−0.21 %`, or the plain difference where a share says nothing. */
export function formatGap(value: number, best: number): string {
  if (!Number.isFinite(value) || !Number.isFinite(best)) return "";
  const gap = value - best;
  if (gap === 0) return "=";
  const sign = gap < 0 ? MINUS : "+";
  const share = Math.abs(gap / best);
  if (best === 0 || share > 10) return sign + formatNumber(Math.abs(gap), 2);
  const percent = share * 100;
  return `${sign}${percent < 0.01 ? "<0.01" : percent < 10 ? percent.toPrecision(2) : percent.toFixed(0)}\u202f%`;
}

/** A difference with its sign. */
export function formatDelta(value: Wire, base: Wire): string {
  const a = toNumber(value);
  const b = toNumber(base);
  if (a === null || b === null || !Number.isFinite(a) || !Number.isFinite(b)) return "";
  const delta = a - b;
  if (delta === 0) return "±0";
  return (delta > 0 ? "+" : MINUS) + formatNumber(Math.abs(delta), 3);
}

export function formatCount(value: number): string {
  return COUNT.format(value);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const text = unit === 0 || size >= 100 ? size.toFixed(0) : size.toPrecision(size >= 10 ? 3 : 2);
  return `${text} ${UNITS[unit]}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took: `40 ms`, `0.42 s`, `31 s`, `2 min 5 s`, `3 h 12 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < SECOND / 10) return `${Math.round(span)} ms`;
  if (span < SECOND) return `${(span / SECOND).toFixed(2)} s`;
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return pair(span, MINUTE, "min", SECOND, "s");
  if (span < DAY) return pair(span, HOUR, "h", MINUTE, "min");
  return pair(span, DAY, "d", HOUR, "h");
}

function pair(span: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((span % big) / small);
  return `${Math.floor(span / big)} ${bigName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** `just now`, `5 min ago`, `3 h ago`, `2 d ago`; a clock ahead of ours still reads sensibly. */
export function formatAgo(time: number, now: number): string {
  const span = now - time;
  if (span < -MINUTE) return `in ${formatDuration(-span)}`;
  if (span < 10 * SECOND) return "just now";
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s ago`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min ago`;
  if (span < DAY) return `${Math.floor(span / HOUR)} h ago`;
  if (span < 60 * DAY) return `${Math.floor(span / DAY)} d ago`;
  return formatDate(time);
}

const DAY_PARTS = { day: "numeric", month: "short", year: "numeric" } as const;
const CLOCK_PARTS = { hour: "2-digit", minute: "2-digit" } as const;
// Made once: a format costs a hundred times what it takes to use it, and a table has a hundred times in sight.
const TIME = new Intl.DateTimeFormat("en-GB", { ...DAY_PARTS, ...CLOCK_PARTS, second: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", DAY_PARTS);
const CLOCK = new Intl.DateTimeFormat("en-GB", CLOCK_PARTS);

/** A number that no calendar has reads as it is. */
const written = (format: Intl.DateTimeFormat, time: number): string => (Number.isNaN(new Date(time).getTime()) ? String(time) : format.format(time));

/** The reader's own zone: `24 Nov 2026, 14:02:11`. */
export const formatTime = (time: number): string => written(TIME, time);
export const formatDate = (time: number): string => written(DATE, time);
export const formatClock = (time: number): string => written(CLOCK, time);
