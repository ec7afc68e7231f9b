import { expect, it } from "vitest";
import { meantTags } from "./meaning";

const nothing = { objective: false, direction: null, statistic: "last", unit: "" } as const;

it("changes the tags of what is said, and no others", () => {
  expect(meantTags("lat", { ...nothing, objective: true, direction: "min", statistic: "mean", unit: " ms " }, { "runstone.unit.lat": "s" })).toEqual({
    "runstone.objective": "lat",
    "runstone.direction.lat": "min",
    "runstone.statistic.lat": "mean",
    "runstone.unit.lat": "ms",
  });
  expect(meantTags("lat", nothing, { "runstone.objective": "acc" })).toEqual({});
});

it("takes back what was said, in the older words too", () => {
  const tags = { "runstone.objective": "lat", "runstone.objective.direction": "min", "runstone.unit.lat": "ms" };
  expect(meantTags("lat", nothing, tags)).toEqual({ "runstone.objective": null, "runstone.objective.direction": null, "runstone.unit.lat": null });
});
