import { describe, expect, it } from "vitest";
import { shareOf, sparkPath } from "./spark";

describe("the curve in a cell", () => {
  it("goes from left to right, the greater the higher, and breaks where there is no number", () => {
    expect(sparkPath([0, 1], [0, 10], 64, 20)).toBe("M1.5 18.5L62.5 1.5");
    const path = sparkPath([0, "NaN", 2, 1, "Infinity"], [0, 1, 2, 3, 4], 64, 20);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path).not.toContain("NaN");
  });

  it("is a dot for one point and nothing for none", () => {
    expect(sparkPath([3], [7], 64, 20)).toBe("M32.0 10.0h0");
    expect(sparkPath(["NaN", null], [0, 1], 64, 20)).toBe("");
  });

  it("stays in its cell where all values are the same", () => {
    expect(sparkPath([2, 2], [0, 1], 64, 20)).toBe("M1.5 10.0L62.5 10.0");
  });
});

describe("the place of a value in its column", () => {
  it("goes from 0 to 1", () => {
    expect([shareOf(1, 1, 5), shareOf(2, 1, 5), shareOf(5, 1, 5)]).toEqual([0, 0.25, 1]);
  });

  it("is none for NaN and what was not logged, full for +∞, and none for −∞ to speak of", () => {
    expect([shareOf("NaN", 1, 5), shareOf(null, 1, 5), shareOf(2, null, null)]).toEqual([null, null, null]);
    expect([shareOf("Infinity", 1, 5), shareOf("-Infinity", 1, 5)]).toEqual([1, 0]);
  });
});
