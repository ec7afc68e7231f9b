import { describe, expect, it } from "vitest";
import type { RunDetail } from "../../api/schema.gen";
import { bestOf, metricRows, paramRows } from "./rows";

const run = (params: Record<string, string>, metrics: Record<string, number | string> = {}) =>
  ({ params, metrics: Object.entries(metrics).map(([key, last]) => ({ key, last })) }) as unknown as RunDetail;

describe("comparing", () => {
  it("knows what differs, missing ones included", () => {
    expect(paramRows([run({ a: "1", b: "2" }), run({ a: "1" })])).toEqual([
      { key: "a", values: ["1", "1"], differs: false },
      { key: "b", values: ["2", undefined], differs: true },
    ]);
  });

  it("finds the best by direction; NaN and ties never win", () => {
    expect(bestOf([0.5, "NaN", 0.7], false)).toBe(2);
    expect(bestOf([0.5, 0.7, undefined], true)).toBe(0);
    expect(bestOf([1, 1], false)).toBe(-1);
    expect(bestOf(["NaN", 1], false)).toBe(-1);
  });

  it("orders keys naturally and leaves the machine out", () => {
    const rows = metricRows([run({}, { m10: 1, m2: 2, "system/cpu": 3 }), run({}, { m2: 3, loss: 1 })]);
    expect(rows.map((row) => row.key)).toEqual(["loss", "m2", "m10"]);
    expect(rows[1]).toMatchObject({ values: [2, 3], best: 1 });
  });
});
