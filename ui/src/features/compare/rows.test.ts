import { describe, expect, it } from "vitest";
import { bestOf, metricRows, paramRows } from "./rows";

const metric = (key: string, ...last: (number | null)[]) => ({ key, last, low: last, high: last, mean: last, first: last });

describe("comparing", () => {
  it("knows what differs, missing ones included", () => {
    const params = [
      { key: "b", values: ["2", null] },
      { key: "a", values: ["1", "1"] },
    ];
    expect(paramRows(params)).toEqual([
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
    const rows = metricRows([metric("loss", null, 1), metric("m10", 1, null), metric("m2", 2, 3), metric("system/cpu", 3, null)]);
    expect(rows.map((row) => row.key)).toEqual(["loss", "m2", "m10"]);
    expect(rows[1]).toMatchObject({ values: [2, 3], best: 1 });
  });

  it("follows what was said of a metric", () => {
    const one = { ...metric("score", 1, 2), mean: [5, 4] };
    const [row] = metricRows([one], { score: { direction: "min", statistic: "mean", unit: "ms" } });
    expect(row).toMatchObject({ title: "score ↓ mean, ms", values: [5, 4], best: 1 });
  });
});
