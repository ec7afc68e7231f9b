import { describe, expect, it } from "vitest";
import { evaluate, ExpressionError, namesOf, parseExpression } from "./expression";
import { axisOf } from "./fields";
import { brushOf, chosen } from "./kinds/brushes";
import { boxOf, density, quantile, surface, trend } from "./maths";
import { ramp } from "./ramp";

describe("expressions", () => {
  const values: Record<string, number | null> = { loss: 2, "val/loss": 8, "params.lr": 0.1, none: null };
  const work = (text: string) => evaluate(parseExpression(text), (name) => values[name] ?? null);

  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ** 2", -4],
    ["8 / 4 / 2", 1],
    ["10 - 3 - 2", 5],
    ["2 * -3", -6],
    ["log(`val/loss`) / log(loss)", 3],
    ["max(loss, `val/loss`, 5)", 8],
    ["params.lr * 1e1", 1],
    ["sqrt(.25)", 0.5],
    ["none + 1", null],
    ["1 / 0", null],
    ["log(-1)", null],
  ])("%s is %s", (text, expected) => {
    if (expected === null) expect(work(text)).toBeNull();
    else expect(work(text)).toBeCloseTo(expected, 12);
  });

  it.each([
    ["", 0],
    ["1 +", 3],
    ["(1", 2],
    ["1 2", 2],
    ["alert(1)", 0],
    ["constructor(1)", 0],
    ["loss.constructor('x')", 17],
    ["a; b", 1],
    ["`open", 0],
    ["log(1, 2)", 0],
    ["a => a", 2],
  ])("%s is refused where it is wrong", (text, at) => {
    try {
      parseExpression(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      expect((error as ExpressionError).at).toBe(at);
    }
  });

  it("cannot be made to work for ever", () => {
    expect(() => parseExpression("(".repeat(500))).toThrow("nested");
    expect(() => parseExpression("-".repeat(900))).toThrow("nested");
    expect(() => parseExpression("1+".repeat(600))).toThrow("at most");
    expect(namesOf(parseExpression("a + b * a"))).toEqual(["a", "b"]);
  });
});

describe("axes", () => {
  it("take params that are numbers for numbers, over decades as logarithms", () => {
    const lr = axisOf({ id: "params.lr", name: "lr", values: ["1e-5", "0.1", null] });
    expect([lr.numeric, lr.log]).toEqual([true, true]);
    expect(lr.at(null)).toBeNull();
    expect(lr.at("0.001")).toBeCloseTo(0.5, 1);
    expect(axisOf({ id: "metrics.x", name: "x", values: [1e-5, 0.1, "NaN"] }).log).toBe(false);
  });

  it("give categories their places in natural order", () => {
    const kind = axisOf({ id: "params.k", name: "k", values: ["v10", "v2", "v2", null] });
    expect(kind.categories).toEqual(["v2", "v10"]);
    expect([kind.at("v2"), kind.at("v10"), kind.at("v3")]).toEqual([0.25, 0.75, null]);
    expect(brushOf(kind, [0, 0.4])).toEqual({ values: ["v2"] });
  });

  it("brush numbers outward, so that what is in sight stays", () => {
    const axis = axisOf({ id: "metrics.x", name: "x", values: [0, 1] });
    const brush = brushOf(axis, [axis.at(0.123456) ?? 0, axis.at(0.654321) ?? 0]);
    expect("from" in brush && brush.from <= 0.123456 && brush.to >= 0.654321 && brush.to < 0.66).toBe(true);
    expect([0.2, "0.5", 0.9, null].map((value) => chosen(brush, value))).toEqual([true, true, false, false]);
  });
});

describe("small statistics", () => {
  it("are those of the books", () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(boxOf([1, 2, 3, 4, 100])).toMatchObject({ low: 1, first: 2, median: 3, third: 4, high: 4, outside: [100], mean: 22 });
    expect(boxOf([])).toBeNull();
    expect(trend([0, 1, 2], [1, 3, 5])).toEqual({ slope: 2, intercept: 1, r2: 1 });
    expect(trend([1, 1, 1], [1, 2, 3])).toBeNull();
  });

  it("draw a density of area one", () => {
    const places = Array.from({ length: 400 }, (_, i) => -10 + i * 0.05);
    const found = density([-1, 0, 0.5, 1, 2], places) ?? [];
    expect(found.reduce((sum, value) => sum + value * 0.05, 0)).toBeCloseTo(1, 2);
    expect(density([1, 1, 1], places)).toBeNull();
  });

  it("keep a surface between its points and off the empty parts", () => {
    const { values } = surface([{ x: 0.1, y: 0.1, z: 0 }, { x: 0.2, y: 0.1, z: 1 }], 20, 20);
    const known = [...values].filter((value) => !Number.isNaN(value));
    expect(Math.min(...known)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...known)).toBeLessThanOrEqual(1);
    expect(values[19 * 20 + 19]).toBeNaN();
  });

  it("grow lighter evenly, never a rainbow", () => {
    const light = (colour: string) => [1, 3, 5].reduce((sum, at, i) => sum + Number.parseInt(colour.slice(at, at + 2), 16) * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
    const steps = Array.from({ length: 11 }, (_, i) => light(ramp(i / 10)));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(ramp(-1)).toBe(ramp(0));
  });
});
