import { expect, it } from "vitest";
import { PLAIN } from "../../../charts/settings";
import { asGrouped } from "./asGrouped";

const params = [
  { key: "lr", distinct: 2 },
  { key: "random_seed", distinct: 2 },
  { key: "dataset", distinct: 1 },
];

it("draws the mean of each group of the table", () => {
  expect(asGrouped(PLAIN, "params.lr,metrics.x", params)).toEqual({ ...PLAIN, by: ["params.lr"], draw: "mean" });
  expect(asGrouped(PLAIN, "auto", params)).toEqual({ ...PLAIN, by: ["params.lr"], draw: "mean" });
});

it("leaves charts alone that are grouped by themselves, or a table without groups", () => {
  const own = { ...PLAIN, by: ["params.depth"] };
  expect(asGrouped(own, "params.lr", params)).toBe(own);
  expect(asGrouped(PLAIN, undefined, params)).toBe(PLAIN);
  expect(asGrouped({ ...PLAIN, draw: "band" }, "auto", params).draw).toBe("band");
});
