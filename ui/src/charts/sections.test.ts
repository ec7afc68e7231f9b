import { expect, it } from "vitest";
import { readSettings, writeSettings } from "./settings";
import { panelSections, sections } from "./sections";

it("groups by prefix, in natural order", () => {
  expect(sections(["val/loss", "m10", "m2", "train/loss", "train/a/x"], "")).toEqual([
    { name: "", keys: ["m2", "m10"] },
    { name: "train/a", keys: ["train/a/x"] },
    { name: "train", keys: ["train/loss"] },
    { name: "val", keys: ["val/loss"] },
  ]);
});

it("finds part of a key in any case", () => {
  expect(sections(["val/Loss", "acc"], "loss")).toEqual([{ name: "val", keys: ["val/Loss"] }]);
});

it("keeps the settings in the address", () => {
  const address = { x: "relative", smooth: "0.6", log: "y", find: "loss", zoom: "100,2000", clip: "1", draw: "mean", by: "params.lr", fold: "val,-" };
  const settings = readSettings(address);
  expect(settings).toEqual({
    x: "relative",
    smooth: { kind: "ema", amount: 0.6 },
    logX: false,
    logY: true,
    clip: true,
    draw: "mean",
    by: ["params.lr"],
    find: "loss",
    zoom: [100, 2000],
    fold: ["val", ""],
  });
  expect(writeSettings(settings)).toEqual(address);
  expect(Object.values(writeSettings(readSettings({ smooth: "x", zoom: "9,1", draw: "?", clip: "0" }))).filter(Boolean)).toEqual([]);
});

it("takes another metric as x only where that can be drawn", () => {
  expect(readSettings({ x: "metrics.tokens" }, "step", true).x).toBe("metrics.tokens");
  expect(readSettings({ x: "metrics.tokens" }).x).toBe("step");
  expect(readSettings({ x: "metrics." }, "step", true).x).toBe("step");
});

it("reads every kind of smoothing", () => {
  for (const text of ["0.6", "gauss:50", "mean:7"]) expect(writeSettings(readSettings({ smooth: text })).smooth).toBe(text);
});

it("numbers the panels of all sections through, single points first as tiles", () => {
  const made = panelSections([
    { name: "a", single: 1, more: 1 },
    { name: "", single: 0, more: 1 },
  ]);
  expect(made.map((one) => one.panels.map((panel) => [panel.id, panel.tile]))).toEqual([
    [
      ["0", true],
      ["1", false],
    ],
    [["2", false]],
  ]);
});
