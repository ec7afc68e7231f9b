import { expect, it, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/", hidden: false, addEventListener: () => undefined, documentElement: { dataset: {} } });
vi.stubGlobal("window", { matchMedia: () => ({ matches: false, addEventListener: () => undefined }) });
const { exportable } = await import("./share");

it("takes a run, a comparison, a table as it is filtered and sorted", () => {
  expect(exportable("/ml/runs/abc/metrics", {}, "abc")).toEqual({ runs: "abc" });
  expect(exportable("/compare", { runs: "a,b" })).toEqual({ runs: "a,b" });
  expect(exportable("/experiments/7/runs", { q: "params.x = '1'", sort: "-metrics.a b,params.lr", view: "deleted" }, undefined, "7")).toEqual({
    exp: "7",
    filter: "params.x = '1'",
    order: "metrics.`a b` DESC\nparams.lr ASC",
    view: "deleted",
  });
  expect(exportable("/runs", { exp: "1,7" })).toEqual({ exp: "1,7", filter: "", order: "", view: "active" });
});

it("finds nothing to take elsewhere", () => {
  for (const path of ["/", "/experiments", "/models", "/models/runs", "/models/compare", "/compare"]) expect(exportable(path, {})).toBe(null);
});
