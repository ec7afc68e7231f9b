import { describe, expect, it } from "vitest";
import { readRows, rowOf, writeRows } from "./BuilderRows";

const conditions = (filter: string) => readRows(filter).rows.map((row) => row.condition && Object.values(row.condition));

describe("a filter as rows", () => {
  it("reads fields, operators and values", () =>
    expect(conditions("metrics.`val loss` <= -1e-3 and params.p not in ('a', \"b\") AND tags.t is not null and run_name LIKE 'it''s%'")).toEqual([
      ["metrics.`val loss`", "<=", "-1e-3"],
      ["params.p", "NOT IN", "a, b"],
      ["tags.t", "IS NOT NULL", ""],
      ["run_name", "LIKE", "it's%"],
    ]));

  it("reads alternatives, and keeps what rows cannot say", () => {
    const built = readRows("metrics.a > 1 or (params.p = 'x' and params.q = 'y') or min(metrics.b) < 2 or params.c = 'a' and params.d = 'b'");
    expect(built.join).toBe("or");
    expect(built.rows.map((row) => row.condition?.field ?? null)).toEqual(["metrics.a", null, null, null]);
  });

  it.each([
    "",
    "metrics.a > 1",
    "not metrics.a > 1 and params.p = 'x\\'y'",
    "(metrics.a > 1 or metrics.b > 1) and params.p IN ('a,b', 'c')",
    "params.p = 'x' or min(metrics.b) < 2",
    "params.p = 5 and params.q = ' x '",
  ])("writes back what nobody touched: %s", (filter) => expect(writeRows(readRows(filter))).toBe(filter));
});

describe("a row as text", () => {
  it.each([
    ["metrics.a", "<", "0.5", "metrics.a < 0.5"],
    ["metrics.a", "<", "half", ""],
    ["params.p", "=", "it's", "params.p = 'it''s'"],
    ["params.p", "IN", "a, b", "params.p IN ('a', 'b')"],
    ["params.p", "IS NULL", "left over", "params.p IS NULL"],
    ["params.p", "=", " ", ""],
    ["params.p", ">", "1", ""],
    ["params.p = 'x' or tags.t", "=", "y", ""],
    ["duration", ">", "10", "duration > 10"],
  ])("%s %s %s", (field, operator, value, text) => expect(rowOf({ field, operator, value }).written).toBe(text));

  it("is left out while it lacks something", () => {
    const rows = [rowOf({ field: "metrics.a", operator: "<", value: "1" }), rowOf({ field: "metrics.b", operator: "<", value: "" })];
    expect(writeRows({ join: "or", rows })).toBe("metrics.a < 1");
  });
});
