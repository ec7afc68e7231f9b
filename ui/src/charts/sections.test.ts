import { expect, it } from "vitest";
import { readSettings, writeSettings } from "./settings";
import { sections } from "./sections";

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
  const settings = readSettings({ x: "relative", smooth: "0.6", log: "y", find: "loss", zoom: "100,2000" });
  expect(settings).toEqual({ x: "relative", smooth: 0.6, logX: false, logY: true, find: "loss", zoom: [100, 2000] });
  expect(readSettings(writeSettings(settings))).toEqual(settings);
  expect(Object.values(writeSettings(readSettings({ smooth: "x", zoom: "9,1" }))).filter(Boolean)).toEqual([]);
});
