import { describe, expect, it } from "vitest";
import { lend, type Slot } from "./slots";

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const keys = (slots: readonly Slot[]) => slots.map((slot) => slot.key);

describe("lend", () => {
  it("leaves every element where it stands while rows roll by", () => {
    const before = lend([], from(0, 9), false);
    const after = lend(before, from(4, 13), true);
    expect(keys(after)).toEqual(keys(before));
    expect(after.slice(4)).toEqual(before.slice(4));
    expect(after.map((slot) => slot.row)).toEqual([10, 11, 12, 13, 4, 5, 6, 7, 8, 9]);
  });

  it("puts them in the order of the rows at rest", () => {
    const rolled = lend(lend([], from(0, 9), false), from(4, 13), true);
    const rest = lend(rolled, from(4, 13), false);
    expect(rest.map((slot) => slot.row)).toEqual(from(4, 13));
    expect(keys(rest).sort()).toEqual(keys(rolled).sort());
  });

  it("has each row once, under keys of their own, whatever comes and goes", () => {
    let slots: Slot[] = [];
    for (let turn = 0; turn < 300; turn += 1) {
      const first = (turn * 7919) % 50;
      const rows = from(first, first + ((turn * 31) % 23));
      slots = lend(slots, rows, turn % 3 > 0);
      expect(slots.map((slot) => slot.row).sort((a, b) => a - b)).toEqual(rows);
      expect(new Set(keys(slots)).size).toBe(rows.length);
    }
  });
});
