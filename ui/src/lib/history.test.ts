import { beforeEach, describe, expect, it, vi } from "vitest";
import { forgetFilters, pastFilters, rememberFilter } from "./history";

beforeEach(() => {
  const held = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => held.set(key, value) });
});

describe("filters of the past", () => {
  it("come newest first, once each, for their experiment alone", () => {
    for (const filter of ["a = 1", "b = 1", "a = 1"]) rememberFilter("x1", filter);
    rememberFilter("x2", "c = 1");
    expect(pastFilters("x1")).toEqual(["a = 1", "b = 1"]);
    forgetFilters();
    expect(pastFilters("x1")).toEqual([]);
  });

  it("are few, and nonsense is none", () => {
    for (let i = 0; i < 30; i += 1) rememberFilter("x1", `a = ${i}`);
    expect(pastFilters("x1")).toHaveLength(12);
    for (const nonsense of ["[1", "[1]", '{"x1": 3}', '{"x1": [3]}', "null"]) {
      localStorage.setItem("runstone.filters", nonsense);
      expect(pastFilters("x1")).toEqual([]);
    }
  });
});
