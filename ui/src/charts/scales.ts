/** From values to places on a line, and the round values to mark there. Pure. */

import { formatDuration } from "../lib/format";

export interface Scale {
  /** Where a value lies, from 0 to 1 over the scale's range. */
  at: (value: number) => number;
  /** The value at a place. */
  value: (place: number) => number;
  min: number;
  max: number;
  log: boolean;
}

export function makeScale(min: number, max: number, log = false): Scale {
  if (log && min > 0 && max > min) {
    const low = Math.log10(min);
    const span = Math.log10(max) - low;
    return { at: (value) => (Math.log10(value) - low) / span, value: (place) => 10 ** (low + place * span), min, max, log };
  }
  const span = max - min || 1;
  // halves, since the distance of two numbers can be more than a number holds
  return { at: (value) => (value / 2 - min / 2) / (span / 2), value: (place) => min + place * span, min, max, log: false };
}

/** Round values within the scale, about `count` of them: 1, 2 or 5 times a power of ten. */
export function ticks(scale: Scale, count = 5): number[] {
  return scale.log ? logTicks(scale.min, scale.max, count) : linearTicks(scale.min, scale.max, count);
}

function linearTicks(min: number, max: number, count: number): number[] {
  const rough = (max - min) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [min];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10);
  const found: number[] = [];
  const first = Math.ceil(min / step - 1e-9);
  for (let i = first; i * step <= max + step * 1e-9; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function logTicks(min: number, max: number, count: number): number[] {
  const from = Math.ceil(Math.log10(min) - 1e-9);
  const to = Math.floor(Math.log10(max) + 1e-9);
  const within = (value: number) => value >= min * 0.999 && value <= max * 1.001;
  const power = (exponent: number) => Number(`1e${exponent}`);
  if (to - from >= 2) {
    const every = Math.max(1, Math.ceil((to - from + 1) / Math.max(2, count)));
    return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, i) => power(from + i * every)).filter(within);
  }
  const found = [from - 1, from, to, to + 1].flatMap((exponent) => [1, 2, 5].map((one) => Number((one * power(exponent)).toPrecision(6)))).filter(within);
  const single = [...new Set(found)].sort((x, y) => x - y);
  return single.length > 1 ? single : linearTicks(min, max, count);
}

/** 20k rather than 20,000. */
export function shortMark(mark: number, digits = 4): string {
  const size = Math.abs(mark);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return mark.toExponential(Math.max(1, digits - 3)).replace("+", "").replace(".0e", "e");
  if (size >= 1e6) return `${Number((mark / 1e6).toPrecision(digits))}M`;
  if (size >= 1e4) return `${Number((mark / 1e3).toPrecision(digits))}k`;
  return String(Number(mark.toPrecision(digits + 2)));
}

/** Digits of a double that mean something. */
const MOST_DIGITS = 15;

/** Marks of one axis, with as many digits as it takes to tell them apart. */
export function shortMarks(marks: readonly (number | null)[]): string[] {
  const different = new Set(marks.filter((mark) => mark !== null)).size;
  for (let digits = 4; ; digits += 1) {
    const words = marks.map((mark) => (mark === null ? "" : shortMark(mark, digits)));
    if (digits >= MOST_DIGITS || new Set(words.filter(Boolean)).size === different) return words;
  }
}

/** A mark of an axis of time, in seconds: 0, 250 ms, 12.5 s, 5 min. */
export function durationMark(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (size === 0) return "0";
  if (size < 0.1) return `${sign}${Number((size * 1000).toPrecision(4))} ms`;
  if (size < 60) return `${sign}${Number(size.toPrecision(4))} s`;
  return sign + formatDuration(size * 1000);
}

/** Half of the largest number, about: between two of these there is still a distance that can be told. */
const FAR = 8e307;

/** Room around what is drawn, so that nothing sticks to the frame. What is farther than numbers can measure stays outside. */
export function padded(min: number, max: number, log = false): [number, number] {
  if (log && min > 0) return [min / 1.2, Math.min(max * 1.2, Number.MAX_VALUE)];
  const span = Math.min(max - min || Math.abs(max) || 1, FAR);
  return [Math.max(min - span * 0.06, -FAR), Math.min(max + span * 0.06, FAR)];
}
