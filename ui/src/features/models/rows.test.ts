import { expect, it } from "vitest";
import type { VersionDetail } from "../../api/schema.gen";
import { bestOf, metricRows, signatureTexts, textRows } from "./rows";
import { askCode, loadCode, modelUri, serveCode, shellWord } from "./snippets";

const version = (metrics: Record<string, number | "NaN">, more: Partial<VersionDetail> = {}): VersionDetail =>
  ({ objective: null, meanings: {}, run_metrics: Object.entries(metrics).map(([key, last]) => ({ key, last })), files: null, ...more }) as VersionDetail;

it("puts the objective first and marks the best, NaN never", () => {
  const objective = { key: "score", direction: "min", guessed: false, statistic: "last", unit: "" } as const;
  const rows = metricRows([version({ acc: 0.9, score: 2, m2: 1, m10: 5 }, { objective }), version({ acc: "NaN", score: 1, m2: 1, "system/cpu": 3 })]);
  expect(rows.map((row) => row.key)).toEqual(["score", "acc", "m2", "m10"]);
  expect(rows[0]).toMatchObject({ low: true, best: 1 });
  expect(rows[2]).toMatchObject({ best: null, values: [1, 1] });
  expect(rows[3]?.values).toEqual([5, null]);
});

it("holds the values against each other that count, as was said of the metric", () => {
  const meanings = { fit: { direction: "min", statistic: "min", unit: "ms" } } as const;
  const run_metrics = (least: number, last: number) => [{ key: "fit", last, min: least, max: last }] as VersionDetail["run_metrics"];
  const rows = metricRows([version({}, { run_metrics: run_metrics(1, 9) }), version({}, { meanings, run_metrics: run_metrics(2, 3) })]);
  expect(rows).toEqual([{ key: "fit", note: "min, ms", low: true, values: [1, 2], best: 1 }]);
});

it("lets a tie have the best twice and a lone number none", () => {
  expect(bestOf([1, 2, 1], true)).toBe(1);
  expect(bestOf([1, null, Number.NaN], true)).toBe(null);
  expect(bestOf([2, 2], false)).toBe(null);
});

it("says which texts differ", () => {
  expect(textRows([{ a: "1", b: "x" }, { a: "1" }])).toEqual([
    { key: "a", values: ["1", "1"], differs: false },
    { key: "b", values: ["x", null], differs: true },
  ]);
});

it("spells a signature as texts by name", () => {
  const signature = {
    inputs: [{ name: "w", type: "double", required: false }],
    outputs: [{ name: "", type: "tensor(int64, -1)", required: true }],
    params: null,
  };
  const files = { signature } as unknown as VersionDetail["files"];
  expect(signatureTexts(version({}, { files }))).toEqual({ "in w": "double, optional", "out 1": "tensor(int64, -1)" });
  expect(signatureTexts(version({}))).toEqual({});
});

it("makes lines that a shell and Python read as meant", () => {
  expect(modelUri("iris", 3)).toBe("models:/iris/3");
  expect(modelUri("iris", 3, "champion")).toBe("models:/iris@champion");
  expect(shellWord("models:/iris/3")).toBe("models:/iris/3");
  expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
  expect(serveCode("http://h:1/ml", "models:/a b@c", true)).toContain("-m 'models:/a b@c' -p 8000 --follow-alias");
  expect(loadCode("http://h:1", 'models:/a"b/1')).toContain('load_model("models:/a\\"b/1")');
  expect(askCode('{"inputs": [1]}', [])).toContain(`-d '{"inputs":[1]}'`);
  expect(askCode("no json", ["w"])).toContain('{"dataframe_split":{"columns":["w"],"data":[[null]]}}');
});
