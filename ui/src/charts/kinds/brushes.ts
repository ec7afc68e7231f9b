/** From a stretch of an axis to what it chooses, and whether a value is chosen. Pure. */

import { asNumber, type Axis, type Value } from "../fields";
import type { Brush } from "./types";

/** `from` and `to` are places from 0 to 1. Numbers are rounded outward, so that what is in sight stays chosen. */
export function brushOf(axis: Axis, [from, to]: readonly [number, number]): Brush {
  if (axis.numeric) return { from: outward(axis.value(from), -1), to: outward(axis.value(to), 1) };
  const [first, last] = [axis.value(Math.max(0, from)), axis.value(Math.min(0.999999, to))];
  return { values: axis.categories.slice(first, last + 1) };
}

function outward(value: number, direction: number): number {
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - 3);
  const rounded = (direction < 0 ? Math.floor(value / step) : Math.ceil(value / step)) * step;
  return Number(rounded.toPrecision(6));
}

export function chosen(brush: Brush, value: Value): boolean {
  if ("values" in brush) return value !== null && brush.values.includes(String(value));
  const number = asNumber(value);
  return number !== null && number >= brush.from && number <= brush.to;
}
