import { describe, expect, it } from "vitest";
import { exactNumber, formatAgo, formatBytes, formatDelta, formatDuration, formatGap, formatNumber, plural, toNumber } from "./format";

describe("numbers", () => {
  it.each([
    [0.972972972972973, "0.9730"],
    [0.95, "0.9500"],
    [12.3456, "12.35"],
    [1234.5, "1235"],
    [99999.7, "100,000"],
    [0, "0"],
    [5, "5"],
    [123456, "123,456"],
    [0.00005123, "5.123e-5"],
    [1.5e12, "1.5e12"],
    [-0.5, "\u22120.5000"],
    ["NaN", "NaN"],
    ["Infinity", "∞"],
    ["-Infinity", "\u2212∞"],
    [null, ""],
  ])("%s reads %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("keeps NaN, infinity and not logged apart", () => {
    expect(toNumber("NaN")).toBeNaN();
    expect(toNumber("-Infinity")).toBe(-Infinity);
    expect(toNumber(null)).toBeNull();
    expect(exactNumber(null)).toBe("not logged");
    expect(exactNumber(0.1 + 0.2)).toBe("0.30000000000000004");
  });

  it("says how far from the best", () => {
    expect(formatGap(0.98, 1)).toBe("\u22122.0\u202f%");
    expect(formatGap(1, 1)).toBe("=");
    expect(formatGap(0.99999, 1)).toBe("\u2212<0.01\u202f%");
    expect(formatGap(0.5, 0)).toBe("+0.50");
    expect(formatGap(Number.NaN, 1)).toBe("");
  });

  it("says a difference with its sign", () => {
    expect(formatDelta(0.8, 0.75)).toBe("+0.0500");
    expect(formatDelta(1, 1)).toBe("±0");
    expect(formatDelta("NaN", 1)).toBe("");
  });
});

describe("times and sizes", () => {
  it.each([
    [40, "40 ms"],
    [420, "0.42 s"],
    [4200, "4.2 s"],
    [31_000, "31 s"],
    [125_000, "2 min 5 s"],
    [3_600_000, "1 h"],
    [187_200_000, "2 d 4 h"],
  ])("%d ms took %s", (span, text) => expect(formatDuration(span)).toBe(text));

  it("tells ago, also when the clock of the run is ahead", () => {
    expect(formatAgo(0, 3_000)).toBe("just now");
    expect(formatAgo(0, 7_200_000)).toBe("2 h ago");
    expect(formatAgo(7_200_000, 0)).toBe("in 2 h");
    expect(formatAgo(0, 9e15)).toBe("1 Jan 1970");
    expect(formatAgo(-9e15, 0)).toBe("-9000000000000000");
  });

  it("tells sizes and counts", () => {
    expect(formatBytes(0)).toBe("0 B");
    expect(formatBytes(1_234_567)).toBe("1.2 MB");
    expect(plural(1, "run")).toBe("1 run");
    expect(plural(1000, "run")).toBe("1,000 runs");
  });
});
