import { expect, it } from "vitest";
import { fuzzy } from "./fuzzy";

const order = (typed: string, texts: string[]) =>
  texts
    .map((text) => ({ text, score: fuzzy(text, typed) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((one) => one.text);

it("puts beginnings before words before middles before shortenings", () => {
  expect(order("loss", ["val/loss", "gloss", "loss", "lots of small steps", "acc"])).toEqual(["loss", "val/loss", "gloss", "lots of small steps"]);
});

it("reads names as people shorten them", () => {
  expect(fuzzy("forest-50-10-1", "fo50")).toBeGreaterThan(0);
  expect(fuzzy("forest-50-10-1", "f501")).toBeGreaterThan(0);
  expect(fuzzy("High contrast", "hc")).toBeGreaterThan(0);
  expect(fuzzy("forest", "frt")).toBe(0);
  expect(fuzzy("forest", "")).toBe(0);
});

it("wants every part", () => {
  expect(fuzzy("Theme: dark", "dark theme")).toBeGreaterThan(0);
  expect(fuzzy("Theme: dark", "dark blue")).toBe(0);
});
