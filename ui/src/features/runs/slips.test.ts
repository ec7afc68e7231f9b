import { expect, test } from "vitest";
import { slips } from "./slips";

const known = { metrics: ["accuracy", "val/loss", "loss"], params: ["lr", "n estimators"], tags: [] };
const offered = (filter: string) => slips(filter, known).map((slip) => [slip.text, ...slip.instead.map((one) => one.filter)]);

test("a key that nearly is one is offered in its place", () => {
  expect(offered("metrics.acuracy > 0.9 and params.lr = '1'")).toEqual([["metrics.acuracy", "metrics.accuracy > 0.9 and params.lr = '1'"]]);
  expect(offered("min(metric.los) < 1")).toEqual([["metric.los", "min(metrics.loss) < 1"]]);
});

test("a param that was taken for a metric is told as what it is", () => {
  expect(offered("metrics.lr > 1")).toEqual([["metrics.lr", "params.lr > 1"]]);
  expect(offered("metrics.`n estimators` > 1")).toEqual([["metrics.`n estimators`", "params.`n estimators` > 1"]]);
});

test("known keys, attributes and texts are no slips, and of what nothing is known nothing is said", () => {
  expect(offered("metrics.accuracy > 1 and status = 'metrics.acuracy' and metrics.`val/loss` < 2")).toEqual([]);
  expect(slips("metrics.acuracy > 1", {})).toEqual([]);
  expect(offered("tags.zzz = '1'")).toEqual([["tags.zzz"]]);
});
