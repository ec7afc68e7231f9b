import { expect, it } from "vitest";
import { neededWindows } from "./windows";

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
