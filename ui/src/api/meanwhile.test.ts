import { expect, it } from "vitest";
import { alike } from "./meanwhile";

it("the last answer stands in for the next one about the same thing alone", () => {
  const before = { queryKey: ["keys", "tags", ["1"], "l"] };
  expect(alike(before, { 1: "tags", 2: ["1"] })).toBe(true);
  expect(alike(before, { 1: "metrics", 2: ["1"] })).toBe(false);
  expect(alike(before, { 1: "tags", 2: ["2"] })).toBe(false);
  expect(alike(undefined, {})).toBe(false);
});
