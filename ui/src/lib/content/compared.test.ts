import { expect, it } from "vitest";
import { accuracyOf, confusionChange, confusionOfTable, readConfusion } from "./confusion";
import { joinTables, keyColumns } from "./join";
import { jsonChanges } from "./jsonDiff";

const before = { head: ["id", "label", "p"], rows: [["1", "a", "0.5"], ["2", "b", "0.25"], ["3", "a", "1"]] };
const after = { head: ["p", "id", "label", "new"], rows: [["0.50", "1", "a", "x"], ["0.75", "2", "b", "x"], ["0", "4", "a", "x"]] };

it("joins tables by a column that names each row once", () => {
  expect(keyColumns(before, after)).toEqual(["id", "p"]);
  const joined = joinTables(before, after, "id");
  expect(joined.columns).toEqual(["label", "p"]);
  expect(joined.counts).toEqual({ same: 1, changed: 1, added: 1, removed: 1 });
  expect(joined.rows.find((row) => row.key === "2")).toMatchObject({ kind: "changed", differs: [false, true], after: ["b", "0.75"] });
});

it("joins tables without a key by the place of their rows", () => {
  expect(joinTables(before, after, "").rows.map((row) => [row.key, row.kind])).toEqual([["1", "same"], ["2", "changed"], ["3", "changed"]]);
});

it("knows a confusion matrix in any of its forms, and nothing else", () => {
  const plain = { labels: ["0", "1"], counts: [[3, 1], [0, 4]] };
  expect(readConfusion("[[3,1],[0,4]]")).toEqual(plain);
  expect(readConfusion('{"labels":["cat","dog"],"matrix":[[3,1],[0,4]]}')?.labels).toEqual(["cat", "dog"]);
  expect(confusionOfTable({ head: ["", "0", "1"], rows: [["0", "3", "1"], ["1", "0", "4"]] })).toEqual(plain);
  for (const other of ["[[1,2],[3]]", "[[1,-2],[3,4]]", '{"columns":["a"],"data":[[1]]}', "[1,2]", "null", "no json", '{"matrix":[[1,2],[3,4]],"labels":["a"]}']) {
    expect(readConfusion(other)).toBeNull();
  }
  expect(confusionOfTable(before)).toBeNull();
});

it("tells what changed between confusion matrices of the same classes", () => {
  const [a, b] = [readConfusion("[[3,1],[0,4]]"), readConfusion("[[4,0],[1,3]]")];
  if (!a || !b) throw new Error("these are matrices");
  expect(accuracyOf(a)).toBe(7 / 8);
  expect(confusionChange(a, b)).toEqual([[1, -1], [1, -1]]);
  expect(confusionChange(a, { ...b, labels: ["x", "y"] })).toBeNull();
});

it("finds changes of JSON by their place", () => {
  expect(jsonChanges('{"a":{"b":[1,2]},"c":1,"same":[{}]}', '{"a":{"b":[1,3,4]},"d":null,"same":[{}]}')).toEqual([
    { path: "a.b[1]", before: "2", after: "3" },
    { path: "a.b[2]", before: null, after: "4" },
    { path: "c", before: "1", after: null },
    { path: "d", before: null, after: "null" },
  ]);
  expect(jsonChanges("{}", "[]")).toEqual([{ path: "", before: "{}", after: "[]" }]);
  expect(jsonChanges("{}", "oops")).toBeNull();
  expect(jsonChanges('{"__proto__":{"x":1}}', "{}")).toEqual([{ path: "__proto__", before: '{"x":1}', after: null }]);
});

it("is not brought down by JSON that nests without end", () => {
  const deep = `${"[".repeat(5_000)}1${"]".repeat(5_000)}`;
  expect(jsonChanges(deep, deep.replace("1", "2"))).toHaveLength(1);
});
