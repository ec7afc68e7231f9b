import { expect, it } from "vitest";
import { answered, type Find, groups, isRunFilter } from "./finds";

const run = (id: string, name: string): Find => ({ kind: "run", id, name });
const page: Find = { kind: "page", id: "/models", name: "Models", keys: "g m" };
const seen: Find = { kind: "recent", of: "run", id: "a1", name: "forest-1" };

it("begins with what was looked at last, then pages", () => {
  expect(groups("  ", [seen], [run("b", "x"), page], []).map((group) => group.title)).toEqual(["Recent", "Pages"]);
});

it("ranks by how well it fits, each thing once, the server's after ours", () => {
  const found = groups("forest", [seen], [run("c2", "old forest"), run("a1", "forest-1"), page], [run("c2", "old forest"), run("d", "by tag")]);
  expect(found).toHaveLength(1);
  expect(found[0]?.finds.map((one) => one.id)).toEqual(["a1", "c2", "d"]);
});

it("takes the beginning of an id, and offers a filter as it is typed", () => {
  expect(groups("c2", [], [run("c2f0", "x")], [])[0]?.finds[0]?.id).toBe("c2f0");
  const [first] = groups("metrics.loss < 0.1", [], [page], []);
  expect(first).toMatchObject({ kind: "filter", finds: [{ id: "metrics.loss < 0.1" }] });
});

it("knows a filter from a name", () => {
  for (const text of ["params.lr = '1'", "min(metrics.loss)<1", "status = 'FAILED' AND tags.x IS NULL", "run_name ILIKE '%a%'"]) expect(isRunFilter(text)).toBe(true);
  for (const text of ["metrics.loss", "forest < 3", "params", "team=vision", "status"]) expect(isRunFilter(text)).toBe(false);
});

it("reads the server's answer", () => {
  const found = { runs: [{ run_id: "abc", name: "", status: "", experiment_id: "1", experiment_name: "e", start: null, because: "team=a" }], experiments: [], models: [{ name: "m", latest: 3 }], metrics: ["loss"], params: [] };
  expect(answered(found).map((one) => [one.kind, one.name, one.detail])).toEqual([["run", "abc", "e · team=a"], ["model", "m", "v3"], ["metric", "loss", undefined]]);
});
