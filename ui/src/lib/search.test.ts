import { expect, it } from "vitest";
import { legacyPath, parseSearch, stringifySearch } from "./search";

it("brings every text back", () => {
  const search = { q: "metrics.`a b` > 0.5 and params.p = 'ü&?=#+%'", cols: "metrics.m3:max,params.a\\,b", sort: "-metrics.m3" };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

it("leaves out what is empty and stays readable", () => {
  expect(stringifySearch({ q: "", sort: undefined })).toBe("");
  expect(stringifySearch({ sort: "-metrics.val/loss:min,params.p0" })).toBe("?sort=-metrics.val/loss:min,params.p0");
});

it("reads MLflow's old links", () => {
  expect(legacyPath("#/experiments/1/runs/abc")).toBe("/runs/abc");
  expect(legacyPath("#/experiments/7?searchFilter=x")).toBe("/experiments/7/runs");
  expect(legacyPath("#/experiments")).toBe("/experiments");
  expect(legacyPath("#section")).toBeNull();
});
