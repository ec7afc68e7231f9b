import { durationMark, shortMarks } from "./scales";
import { describe, expect, it } from "vitest";
import { type Points, stepsBetween, summarise, toLine, timeSpan } from "./lines";
import { smooth } from "./smooth";

const points = (change: Partial<Points> = {}): Points => ({
  run_id: "r",
  key: "loss",
  steps: [0, 10, 20],
  values: [3, "NaN", 1],
  timestamps: [1000, 2000, 4000],
  total: 21,
  ...change,
});
const look = { label: "run", colour: "red" };

describe("smoothing", () => {
  it("leaves a constant alone and starts at the first value", () => {
    expect(smooth([0, 1, 2], [5, 5, 5], 0.9, 1)).toEqual([5, 5, 5]);
    expect(smooth([0, 1], [4, 0], 0.5, 1)[0]).toBe(4);
  });

  it("is the debiased average", () => {
    const [, second] = smooth([0, 1], [1, 0], 0.5, 1);
    expect(second).toBeCloseTo(0.5 / 1.5, 12);
  });

  it("does not depend on how many points were sent", () => {
    const xs = Array.from({ length: 1001 }, (_, i) => i);
    const whole = smooth(xs, xs.map((x) => x / 1000), 0.99, 1).at(-1) ?? 0;
    const few = xs.filter((x) => x % 10 === 0);
    const thinned = smooth(few, few.map((x) => x / 1000), 0.99, 1).at(-1) ?? 0;
    expect(Math.abs(whole - thinned)).toBeLessThan(0.01);
  });

  it("keeps gaps as gaps", () => {
    expect(smooth([0, 1, 2], [1, null, 1], 0.9, 1)).toEqual([1, null, 1]);
  });
});

describe("lines", () => {
  it("puts steps, time or relative time on the axis", () => {
    expect(toLine(points(), "step", null, look).xs).toEqual([0, 10, 20]);
    expect(toLine(points(), "time", null, look).xs).toEqual([1, 2, 4]);
    expect(toLine(points(), "relative", 500, look).xs).toEqual([0.5, 1.5, 3.5]);
    expect(toLine(points(), "step", null, look).ys).toEqual([3, null, 1]);
    expect(toLine(points(), "step", null, look).unit).toBe(1);
  });

  it("orders by time when the steps went back", () => {
    const line = toLine(points({ timestamps: [3000, 1000, 2000], values: [1, 2, 3] }), "time", null, look);
    expect(line.xs).toEqual([1, 2, 3]);
    expect(line.ys).toEqual([2, 3, 1]);
  });

  it("finds the steps of a stretch of time, neighbours included", () => {
    expect(stepsBetween([toLine(points(), "time", null, look)], [1.5, 2.5])).toEqual({ start: 0, end: 20 });
    expect(stepsBetween([], [0, 1])).toBeNull();
  });

  it("says what is drawn, a lone spike included", () => {
    const told = summarise([toLine(points({ values: [1, 1234.5, "Infinity"] }), "step", null, look)]);
    expect(told).toMatchObject({ points: 3, numbers: 2, max: 1234.5, min: 1, minStep: 0 });
  });
});

it("gives series that began and ended at different times one stretch of time", () => {
  const series = [
    { first_timestamp: 2_000, last_timestamp: 5_000 },
    { first_timestamp: 3_000, last_timestamp: 9_000 },
  ];
  expect(timeSpan(series, "relative", 1_000)).toEqual([1, 8]);
  expect(timeSpan(series, "relative", null)).toEqual([0, 7]);
  expect(timeSpan(series, "time", 1_000)).toEqual([2, 9]);
  expect(timeSpan(series, "step", 1_000)).toBeUndefined();
  expect(timeSpan([], "time", 1_000)).toBeUndefined();
});

it("writes marks of an axis so that no two look the same", () => {
  expect(shortMarks([17_600.1, 17_600.2, null])).toEqual(["17.6001k", "17.6002k", ""]);
  expect(shortMarks([0, 20_000, 40_000])).toEqual(["0", "20k", "40k"]);
  expect(shortMarks([1e15, 1e15 + 1])).toHaveLength(2);
  expect([0, 0.002, 12.5, 17, -30, 90].map(durationMark)).toEqual(["0", "2 ms", "12.5 s", "17 s", "−30 s", "1 min 30 s"]);
});
