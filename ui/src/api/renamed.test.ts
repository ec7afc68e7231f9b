import { describe, expect, it } from "vitest";
import { renamedIn } from "./renamed";

describe("a run's new name", () => {
  const change = { kind: "run", id: "r1", name: "new" } as const;
  it("stands in tables", () => {
    const table = { run_ids: ["r0", "r1"], names: ["a", "old"], columns: [{ column: "tags.x", values: ["old", "old"] }] };
    expect(renamedIn("table", table, change)).toEqual({ ...table, names: ["a", "new"] });
    expect(renamedIn("rows", [table], change)).toEqual([{ ...table, names: ["a", "new"] }]);
  });
  it("stands in what others say of it, and in what was found", () => {
    expect(renamedIn("run", { info: { run_id: "r0", run_name: "a" }, children: [{ run_id: "r1", name: "old" }] }, change)).toMatchObject({ info: { run_name: "a" }, children: [{ name: "new" }] });
    expect(renamedIn("find", { runs: [{ run_id: "r1", name: "old", experiment_name: "e" }], models: [{ name: "old" }] }, change)).toEqual({ runs: [{ run_id: "r1", name: "new", experiment_name: "e" }], models: [{ name: "old" }] });
  });
  it("leaves alone what does not have it", () => {
    const answer = { run_ids: ["r0"], names: ["a"], info: null };
    expect(renamedIn("table", answer, change)).toBe(answer);
  });
});

describe("an experiment's new name", () => {
  const change = { kind: "experiment", id: "7", name: "new" } as const;
  it("stands in the list, beside runs, and in what was found", () => {
    expect(renamedIn("experiments", { experiments: [{ experiment_id: "7", name: "old" }, { experiment_id: "8", name: "b" }] }, change)).toEqual({ experiments: [{ experiment_id: "7", name: "new" }, { experiment_id: "8", name: "b" }] });
    expect(renamedIn("run", { info: { run_id: "r", experiment_id: "7", run_name: "a" }, experiment_name: "old" }, change)).toMatchObject({ info: { run_name: "a" }, experiment_name: "new" });
    expect(renamedIn("find", { runs: [{ run_id: "r", name: "a", experiment_id: "7", experiment_name: "old" }] }, change)).toEqual({ runs: [{ run_id: "r", name: "a", experiment_id: "7", experiment_name: "new" }] });
  });
  it("is no saved view's", () => {
    const view = { experiment_id: "7", name: "mine" };
    expect(renamedIn("view", view, change)).toBe(view);
  });
});

it("a model's new name stands in lists, and is no version's run", () => {
  const change = { kind: "model", id: "old", name: "new" } as const;
  expect(renamedIn("models", { models: [{ name: "old", latest: 1 }, { name: "b" }] }, change)).toEqual({ models: [{ name: "new", latest: 1 }, { name: "b" }] });
  const found = { experiments: [{ experiment_id: "1", name: "old" }], runs: [], models: [] };
  expect(renamedIn("find", found, change)).toBe(found);
});
