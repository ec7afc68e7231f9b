import { describe, expect, it } from "vitest";
import { clauses, completing, incomplete, tokenize } from "./filter";

const kinds = (source: string) =>
  tokenize(source)
    .filter((token) => token.kind !== "space")
    .map((token) => `${token.kind}:${token.text}`);

describe("highlight", () => {
  it("names the tokens", () => {
    expect(kinds("metrics.m3 > 0.5 and params.p2 = 'x'")).toEqual([
      "entity:metrics.m3",
      "operator:>",
      "number:0.5",
      "keyword:and",
      "entity:params.p2",
      "operator:=",
      "text:'x'",
    ]);
  });

  it("knows quoted keys, functions and lists", () => {
    expect(kinds('min(metrics.`val loss`) <= -1e-3 OR tags."a b" IN ("x", "y")')).toEqual([
      "function:min",
      "punctuation:(",
      "entity:metrics.`val loss`",
      "punctuation:)",
      "operator:<=",
      "number:-1e-3",
      "keyword:OR",
      'entity:tags."a b"',
      "keyword:IN",
      "punctuation:(",
      'text:"x"',
      "punctuation:,",
      'text:"y"',
      "punctuation:)",
    ]);
  });

  it("covers every character exactly once, whatever is typed", () => {
    for (const source of ["'open", "a ` b", "!!", "x=<>", "\u202e weird \u0000 'q' `", "metrics.é>1"]) {
      expect(tokenize(source).map((token) => token.text).join("")).toBe(source);
    }
  });
});

describe("is it still being written?", () => {
  it.each(["metrics.m3 >", "metrics.m3 > 1 and", "params.p = 'x", "metrics", "metrics.m3", "(metrics.a > 1", "params.p IN ("])("%s: yes", (text) =>
    expect(incomplete(text)).toBe(true),
  );
  it.each(["", "metrics.m3 > 1", "params.p IS NULL", "metrics.m3 >> 1", "(metrics.a > 1)"])("%s: no", (text) => expect(incomplete(text)).toBe(false));
});

describe("completion", () => {
  it.each([
    ["", 0, "kind", ""],
    ["met", 3, "kind", "met"],
    ["metrics.lo", 10, "key", "lo"],
    ["metrics.loss ", 13, "operator", ""],
    ["metrics.loss > 1 ", 17, "join", ""],
    ["metrics.loss > 1 and par", 24, "kind", "par"],
    ["metrics.loss > 1 an", 19, "join", "an"],
  ])("%s at %d wants a %s", (source, caret, want, prefix) => {
    expect(completing(source, caret)).toMatchObject({ want, prefix });
  });

  it("is silent inside a value", () => {
    expect(completing("params.p = 'abc", 14)).toBeNull();
    expect(completing("metrics.m > ", 12)).toBeNull();
  });
});

describe("clauses", () => {
  it("cuts at the AND that stands outside", () => {
    expect(clauses("metrics.a > 1 and (params.b = 'x and y' or tags.c = '1') AND not status = 'FAILED'")).toEqual([
      "metrics.a > 1",
      "(params.b = 'x and y' or tags.c = '1')",
      "not status = 'FAILED'",
    ]);
  });

  it("leaves alternatives together", () => expect(clauses("a = 1 or b = 2 and c = 3")).toHaveLength(1));
});
