import { describe, expect, it } from "vitest";
import { differs, savedPart, toView } from "./savedViews";

describe("saved views", () => {
  const search = { q: "metrics.a > 1", cols: "params.b", sel: "1,2", v: "1-x", sort: undefined, chart: "bar;x=params.b" };

  it("hold the whole address but what is ticked", () => {
    expect(savedPart(search)).toEqual({ q: "metrics.a > 1", cols: "params.b", chart: "bar;x=params.b" });
  });

  it("take away what they do not say", () => {
    expect(toView(search, { sort: "-metrics.a" }, "1-y")).toEqual({ q: undefined, cols: undefined, sel: undefined, chart: undefined, sort: "-metrics.a", v: "1-y" });
  });

  it("know when they are changed", () => {
    expect(differs(search, { q: "metrics.a > 1", cols: "params.b", chart: "bar;x=params.b" })).toBe(false);
    expect(differs({ ...search, q: undefined }, savedPart(search))).toBe(true);
    expect(differs({ ...search, group: "auto" }, savedPart(search))).toBe(true);
  });
});
