import { expect, it } from "vitest";
import { neededWindows, windowEdge } from "./windows";

it("asks for one window at first, whatever the length", () => {
  expect(neededWindows(0, 40, 200)).toEqual([0]);
  expect(neededWindows(0, 40, 200, 100_000)).toEqual([0]);
});

it("asks for both sides of a border, and ahead when near it", () => {
  expect(neededWindows(190, 230, 200, 1000)).toEqual([0, 1]);
  expect(neededWindows(120, 160, 200, 1000)).toEqual([0, 1]);
});

it("asks for nothing beyond the end", () => {
  expect(neededWindows(960, 1040, 200, 1000)).toEqual([4]);
  expect(neededWindows(120, 160, 200, 180)).toEqual([0]);
});

it("jumps to the end without what lies between", () => {
  expect(neededWindows(99_950, 99_999, 200, 100_000)).toEqual([499]);
});

it("asks for the same in steps of half a window", () => {
  for (const count of [undefined, 150, 180, 400, 1000]) {
    for (let first = 0; first < 900; first += 7) {
      const ends = [first, first + 40] as const;
      const [from, to] = [windowEdge(ends[0], 200), windowEdge(ends[1], 200)];
      expect(neededWindows(from, to, 200, count)).toEqual(neededWindows(...ends, 200, count));
    }
  }
  expect(new Set(Array.from({ length: 1000 }, (_, row) => windowEdge(row, 200))).size).toBe(10);
});
