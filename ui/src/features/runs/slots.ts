/** Elements of rows that rolled out of sight, lent to those that come. */

import { useRef } from "react";

export interface Slot {
  /** Stays with its elements. */
  key: number;
  row: number;
}

/**
 * The rows in sight, in the order in which their elements stand. While rows roll by no element moves, since the browser would
 * make all within it anew; at rest they stand in the order of the rows, as whoever reads the document needs them.
 */
export function lend(slots: readonly Slot[], rows: readonly number[], rolling: boolean): Slot[] {
  const wanted = new Set(rows);
  const kept = new Set(slots.filter((slot) => wanted.has(slot.row)).map((slot) => slot.row));
  const coming = rows.filter((row) => !kept.has(row));
  let free = slots.reduce((most, slot) => Math.max(most, slot.key), -1) + 1;
  const next = slots.flatMap((slot): Slot[] => {
    if (kept.has(slot.row)) return [slot];
    const row = coming.shift();
    return row === undefined ? [] : [{ key: slot.key, row }];
  });
  for (const row of coming) next.push({ key: free++, row });
  return rolling ? next : next.sort((a, b) => a.row - b.row);
}

export function useSlots(rows: readonly number[], rolling: boolean): Slot[] {
  const slots = useRef<Slot[]>([]);
  return (slots.current = lend(slots.current, rows, rolling));
}
