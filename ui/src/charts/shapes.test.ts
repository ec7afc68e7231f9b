import { describe, expect, it } from "vitest";
import { toBand } from "./bands";
import { nearestIndex, readings } from "./cursor";
import { type Line, toLine, valueAt } from "./lines";
import { lineSvg } from "./lineSvg";
import { packed } from "./packing";
import { fileName, toCsv, xml } from "./picture";
import { makeScale, padded, ticks } from "./scales";
import { shapesOf, xRange, yRange } from "./shapes";
import { NO_SMOOTHING, windowed } from "./smooth";
import { clipWords } from "./words";

const line = (id: string, ys: (number | null)[], change: Partial<Line> = {}): Line => ({
  id,
  label: id,
  colour: "red",
  dash: [],
  xs: ys.map((_, i) => i),
  ys,
  logged: ys.map((y) => y ?? "NaN"),
  steps: ys.map((_, i) => i),
  unit: 1,
  ...change,
});
const plain = { smoothing: NO_SMOOTHING, logX: false, logY: false };

describe("what is drawn", () => {
  const wild = line("a", Array.from({ length: 1000 }, (_, i) => (i === 321 ? 1234.5 : i % 7)));

  it("keeps a lone spike on the axis unless it is cut off by choice, and then says so", () => {
    const shapes = shapesOf([wild], [], plain);
    expect(yRange(shapes, [0, 999], false, false)).toEqual({ min: 0, max: 1234.5, clipped: null });
    const cut = yRange(shapes, [0, 999], true, false);
    expect(cut.max).toBeLessThan(20);
    expect(cut.clipped && clipWords(cut.clipped)).toBe("1 point above, up to 1235");
    expect(yRange(shapes, [400, 500], true, false).clipped).toBeNull();
  });

  it("leaves out what a logarithm has no place for", () => {
    const shapes = shapesOf([line("a", [0, -1, 2, 8])], [], { ...plain, logX: true, logY: true });
    expect(shapes.strokes[0]?.xs).toEqual([1, 2, 3]);
    expect(shapes.strokes[0]?.ys).toEqual([null, 2, 8]);
    expect(xRange(shapes, true)).toEqual([1, 3]);
    expect(xRange(shapesOf([line("a", [5])], [], plain), false)).toEqual([-1, 1]);
  });

  it("takes the extremes of a band for its own", () => {
    const band = toBand({ runs: 40, points: 400, xs: [0, 1000], middle: [1, null], low: [0.5, 1], high: [2, 3], least: [0, 0], greatest: [9, 99] }, true, { id: "b", label: "all", colour: "blue" });
    expect(band.xs).toEqual([0, 1]);
    const shapes = shapesOf([], [band], plain);
    expect(shapes).toMatchObject({ points: 400, max: 99, min: 0 });
    expect(yRange(shapes, [0, 1], true, false).clipped).toMatchObject({ above: 2, top: 99 });
  });
});

describe("cursor", () => {
  it("finds the nearest point, and none beyond the ends", () => {
    expect([-5, 0.4, 0.6, 2, 2.9, 9].map((x) => nearestIndex([0, 1, 2], x))).toEqual([-1, 0, 1, 2, 2, -1]);
    expect(nearestIndex([], 1)).toBe(-1);
  });

  it("names the nearest runs, the highest value first", () => {
    const shapes = shapesOf(Array.from({ length: 30 }, (_, i) => line(`r${i}`, [i, i])), [], plain);
    const { shown, more } = readings(shapes, 0, 10.2, 3, (value) => value, () => "");
    expect(shown.map((one) => one.id)).toEqual(["r11", "r10", "r9"]);
    expect(shown.find((one) => one.nearest)?.id).toBe("r10");
    expect(more).toBe(27);
  });
});

describe("windows in steps", () => {
  const steps = Array.from({ length: 101 }, (_, i) => i);

  it("leave a straight line alone in its middle", () => {
    for (const kind of ["gauss", "mean"] as const) expect(windowed(steps, steps, { kind, amount: 5 })[50]).toBeCloseTo(50, 9);
  });

  it("count a point as much as the steps it stands for", () => {
    // Dense zeros and a lone value that stands for as many steps.
    const uneven = [...Array.from({ length: 10 }, (_, i) => i), 20];
    const smoothed = windowed(uneven, [...Array<number>(10).fill(0), 1], { kind: "mean", amount: 100 })[0] ?? 0;
    expect(smoothed).toBeGreaterThan(0.2);
  });

  it("keep gaps as gaps", () => expect(windowed([0, 1, 2], [1, null, 1], { kind: "gauss", amount: 2 })[1]).toBeNull());
});

describe("against another metric", () => {
  it("takes its value at the same step", () => {
    const points = { run_id: "r", key: "loss", steps: [0, 5, 10, 99], values: [3, 2, 1, 0], timestamps: [0, 1, 2, 3], total: 4 };
    const tokens = { ...points, key: "tokens", steps: [0, 10], values: [0, 640], timestamps: [0, 1], total: 2 };
    const drawn = toLine(points, "metrics.tokens", null, { label: "r", colour: "red" }, tokens);
    expect(drawn.xs).toEqual([0, 320, 640]);
    expect(drawn.ys).toEqual([3, 2, 1]);
    expect(drawn.steps).toEqual([0, 5, 10]);
    expect(toLine(points, "metrics.tokens", null, { label: "r", colour: "red" }, undefined).xs).toEqual([]);
  });

  it("does not go on beyond its ends or across a gap", () => {
    expect([-1, 0, 1, 2, 3].map((step) => valueAt([0, 2], [1, null], step))).toEqual([null, 1, null, null, null]);
  });
});

describe("scales", () => {
  it("mark round values", () => {
    expect(ticks(makeScale(0, 1))).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(makeScale(1, 1000, true))).toEqual([1, 10, 100, 1000]);
    expect(ticks(makeScale(3, 3))).toEqual([3]);
    expect(padded(1, 1)).toEqual([0.94, 1.06]);
    const [low, high] = padded(-1e308, 1e308);
    expect([low < 0, high > 0, Number.isFinite(high - low)]).toEqual([true, true, true]);
  });

  it("go there and back", () => {
    for (const log of [true, false]) expect(makeScale(2, 200, log).value(makeScale(2, 200, log).at(17))).toBeCloseTo(17, 9);
  });
});

it("packs panels into rows", () => {
  const panel = (id: string, wide: number, tall = 100) => ({ id, wide, tall });
  const rows = packed([panel("a", 1), panel("b", 2, 200), panel("c", 1), panel("d", 9)], 3);
  expect(rows.map((row) => [row.panels.map((one) => one.id).join(""), row.height])).toEqual([
    ["ab", 200],
    ["c", 100],
    ["d", 100],
  ]);
});

describe("files", () => {
  it("write numbers whole, quote texts, and make no formula of a name", () => {
    const sheet = { head: ["run", "value"], rows: [['a "b", c', 0.1 + 0.2], ["=1+1", null], ["-3", 1]] };
    expect(toCsv(sheet)).toBe('run,value\r\n"a ""b"", c",0.30000000000000004\r\n\'=1+1,\r\n-3,1\r\n');
    expect(fileName("../val/loss <b>", "svg")).toBe("val-loss-b.svg");
  });

  it("let no name become markup", () => {
    const hostile = '</text><script>alert(1)</script>\u0000"&';
    expect(xml(hostile)).not.toMatch(/[<>"\u0000]/);
    const picture = lineSvg(shapesOf([line(hostile, [1, 2])], [], plain), { title: hostile, xName: "step", logX: false, logY: false, clip: false, zoom: null, time: false, notes: [hostile] });
    expect(picture.svg).not.toContain("<script");
    expect(picture.svg.match(/<path/g)?.length).toBeGreaterThan(10);
  });

  it("show a point that stands alone", () => {
    const paper = { title: "loss", xName: "step", logX: false, logY: false, clip: false, zoom: null, time: false, notes: [] };
    expect(lineSvg(shapesOf([line("a", [5])], [], plain), paper).svg).toMatch(/<path d="M[\d. ]+h0" stroke="red"/);
  });
});
