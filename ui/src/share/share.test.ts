import { expect, it } from "vitest";
import type { Cells, Contents, Curve } from "./contents";
import { marks, nearest, path, span } from "./curves";
import { differs, matching, sorted, winner } from "./table";

const cells = (column: string, ...values: Cells["values"]): Cells => ({ column, values });
const contents = (columns: Cells[], names: string[], goal: Contents["objective"] = null): Contents =>
  ({ columns, runs: names.map((name, i) => ({ name, run_id: `id${i}`, status: "FINISHED", experiment_name: "e", user: "" })), objective: goal }) as unknown as Contents;

it("sorts numbers as numbers; NaN, then what is not there, last both ways", () => {
  const column = cells("metrics.loss", 2, "NaN", null, 10, "-Infinity");
  expect(sorted([0, 1, 2, 3, 4], column, false)).toEqual([4, 0, 3, 1, 2]);
  expect(sorted([0, 1, 2, 3, 4], column, true)).toEqual([3, 0, 4, 1, 2]);
  expect(sorted([0, 1, 2], cells("params.lr", "0.1", "1e-3", "0.01"), false)).toEqual([1, 2, 0]);
  expect(sorted([0, 1, 2], cells("params.model", "m10", "m2", null), false)).toEqual([1, 0, 2]);
});

it("finds by words and by conditions", () => {
  const found = contents([cells("metrics.loss", 0.5, 0.05, null), cells("params.model", "CNN", "mlp", "cnn")], ["alpha", "beta", "gamma"]);
  expect(matching(found, "")).toEqual([0, 1, 2]);
  expect(matching(found, "AL")).toEqual([0]);
  expect(matching(found, "cnn")).toEqual([0, 2]);
  expect(matching(found, "loss<0.1")).toEqual([1]);
  expect(matching(found, "model=cnn loss>=0.5")).toEqual([0]);
  expect(matching(found, "nothing=1")).toEqual([]);
});

it("lets no NaN win", () => {
  const goal = { key: "acc", direction: "max", column: "metrics.acc", unit: "" } as const;
  expect(winner(contents([cells("metrics.acc", "NaN", 0.8, 0.9)], ["a", "b", "c"], goal))).toBe(2);
  expect(winner(contents([cells("metrics.acc", "NaN", null)], ["a", "b"], goal))).toBe(null);
  expect(winner(contents([], ["a"], goal))).toBe(null);
  expect([differs(cells("params.a", "1", "1")), differs(cells("params.a", "1", null))]).toEqual([false, true]);
});

it("draws what is finite, with gaps", () => {
  const curve: Curve = { run: 0, key: "k", steps: [0, 1, 2, 3], values: [0, "NaN", 10, "Infinity"], total: 4 };
  const found = span([curve], null);
  expect(found?.x).toEqual({ from: 0, to: 2 });
  expect(path(curve, { from: 0, to: 2 }, { from: 0, to: 10 }, 100, 50)).toBe("M0.0 50.0M100.0 0.0");
  expect(span([{ ...curve, values: ["NaN", "NaN", "NaN", "NaN"] }], null)).toBe(null);
  expect(span([curve], { from: 2, to: 3 })?.y.from).toBeGreaterThan(8);
  expect(marks({ from: 0, to: 1 }, 4)).toEqual([0, 0.5, 1]);
  expect(marks({ from: -3, to: 19_999 }, 5)).toEqual([0, 5000, 10000, 15000]);
  expect(nearest(curve, 1.2)).toBe(1);
});
