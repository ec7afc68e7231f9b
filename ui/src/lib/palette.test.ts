import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dashFill, runColour, runDash, runMark, SLOTS, slotColour } from "./palette";

it("takes a run's own colour only where it is one", () => {
  expect(runColour(3, "0")).toBe("var(--run-3)");
  expect(runColour(3, "0", "7")).toBe("var(--run-7)");
  expect(runColour(3, "0", "18")).toBe("var(--run-18)");
  expect(runColour(3, "0", "#e33466")).toBe("#e33466");
  for (const odd of ["red", "url(//evil)", "#12", "19", "07", null, 5]) expect(runColour(SLOTS + 3, "0", odd)).toBe("var(--run-3)");
});

const look = (ordinal: number, experiment = "1") => `${runColour(ordinal, experiment)} ${runDash(ordinal).join()}`;
const range = (count: number, step = 1) => Array.from({ length: count }, (_, i) => i * step);

describe("runs of one experiment", () => {
  it("have colours of their own, as many as there are colours in turn, wherever one begins", () => {
    for (const start of range(40)) expect(new Set(range(SLOTS).map((i) => runColour(start + i, "1"))).size).toBe(SLOTS);
  });
  it("have looks of their own, the first 95, and 58 in turn wherever one begins; marks go with dashes", () => {
    expect(new Set(range(95).map((i) => look(i))).size).toBe(95);
    for (const start of range(300)) expect(new Set(range(58).map((i) => look(start + i))).size).toBe(58);
    for (const i of range(200)) expect(range(200).filter((j) => runMark(i) === runMark(j) && runDash(i).join() !== runDash(j).join())).toEqual([]);
  });
  it("have colours of their own where only every second, fifth or tenth is looked at, and many of them looks", () => {
    for (const step of [2, 3, 4, 5, 8, 10, 12, 16, 20]) expect(new Set(range(15, step).map((i) => runColour(i, "1"))).size).toBe(15);
    for (const step of [5, 10]) expect(new Set(range(50, step).map((i) => look(i))).size).toBe(50);
  });
});

it("begins each experiment with another colour, whatever its id", () => {
  expect(new Set(range(SLOTS).map((experiment) => runColour(0, String(experiment)))).size).toBe(SLOTS);
  expect(runColour(0, "912345678901234567")).not.toBe(runColour(0, "912345678901234568"));
  expect(runColour(0, "")).toBe(slotColour(0));
});

it("draws a piece of a dashed line", () => {
  expect(dashFill("red", [])).toBe("red");
  expect(dashFill("red", [6, 3])).toBe("repeating-linear-gradient(90deg, red 0px 6px, transparent 6px 9px)");
});

// --- what the eye can tell apart ---------------------------------------------------------------------------------------

type Three = readonly [number, number, number];
const times = (matrix: readonly Three[], [x, y, z]: Three) => matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Three;

/** What is seen, in linear sRGB: Machado, Oliveira, Fernandes 2009, severity 1. */
const SIGHT: Readonly<Record<string, readonly Three[]>> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
/** Ottosson 2020. */
const LMS: readonly Three[] = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]];
const LAB: readonly Three[] = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]];

const linear = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as unknown as Three;
const oklab = (light: Three) => times(LAB, times(LMS, light.map((c) => Math.min(1, Math.max(0, c))) as unknown as Three).map(Math.cbrt) as unknown as Three);
const brightness = (hex: string) => 0.2126 * linear(hex)[0] + 0.7152 * linear(hex)[1] + 0.0722 * linear(hex)[2];
const contrast = (a: string, b: string) => (Math.max(brightness(a), brightness(b)) + 0.05) / (Math.min(brightness(a), brightness(b)) + 0.05);

/** The least distance, in hundredths of OKLab, of two colours that are `within` places of each other. */
function least(colours: readonly string[], sight: string, within: number): number {
  const seen = colours.map((hex) => oklab(times(SIGHT[sight] ?? [], linear(hex))));
  const apart = (i: number, j: number) => Math.min(Math.abs(i - j), colours.length - Math.abs(i - j));
  const pairs = seen.flatMap((a, i) => seen.flatMap((b, j) => (i < j && apart(i, j) <= within ? [Math.hypot(...a.map((one, k) => one - (b[k] ?? 0)))] : [])));
  return 100 * Math.min(...pairs);
}

const css = readFileSync(new URL("../ui/tokens.css", import.meta.url), "utf8");
const themes = css.split(/:root/).slice(1).filter((block) => block.includes("--run-0:"));
const token = (block: string, name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1] ?? "";

const NAMES = ["light", "dark by the system", "dark", "contrast"];

it("has colours for every theme", () => expect(themes.length).toBe(NAMES.length));

it.each(NAMES.map((name, i) => [name, themes[i] ?? ""] as const))("has colours in the theme %s that can be told apart, also by the colour-blind", (_, block) => {
  const colours = range(SLOTS).map((i) => token(block, `run-${i}`));
  expect(colours.filter((hex) => contrast(hex, token(block, "bg")) < 3)).toEqual([]);
  const leasts = (within: number) => Object.keys(SIGHT).map((sight) => least(colours, sight, within));
  const [any, five] = [leasts(SLOTS), leasts(4)];
  [10.5, 6.4, 6.3, 5.9].forEach((limit, i) => expect(any[i]).toBeGreaterThan(limit));
  [14, 8, 8, 7.8].forEach((limit, i) => expect(five[i]).toBeGreaterThan(limit));
});
