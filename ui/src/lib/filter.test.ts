import { describe, expect, it } from "vitest";
import { alsoWith, clauseOf, clauses, completing, incomplete, tokenize } from "./filter";

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

  it.each([
    ["params.p = ", 11, "params.p", ""],
    ["params.p =", 10, "params.p", ""],
    ["params.p = 'ab", 14, "params.p", "ab"],
    ["params.p = 'abc'", 14, "params.p", "ab"],
    ["tags.t NOT LIKE 'it''s'", 21, "tags.t", "it'"],
    ["params.p IN ('x', ", 18, "params.p", ""],
    ["status = FIN", 12, "status", "FIN"],
  ])("%s at %d wants a value of %s", (source, caret, kind, prefix) => {
    expect(completing(source, caret)).toMatchObject({ want: "value", kind, prefix });
  });

  it.each([
    ["metrics.m > ", 12],
    ["metrics.m > 0.5", 15],
    ["params.p = 'abc'", 16],
  ])("%s at %d is silent", (source, caret) => expect(completing(source, caret)).toBeNull());
});

describe("conditions made of values", () => {
  it("quotes, and says that there is none", () => {
    expect(clauseOf("params.p", "it's")).toBe("params.p = 'it''s'");
    expect(clauseOf("params.p", null)).toBe("params.p IS NULL");
  });

  it("stands beside what was there", () => {
    expect(alsoWith("", "b = 1")).toBe("b = 1");
    expect(alsoWith("a = 1", "b = 1")).toBe("a = 1 and b = 1");
    expect(alsoWith("a = 1 or c = 1", "b = 1")).toBe("(a = 1 or c = 1) and b = 1");
    expect(alsoWith("(a = 1 or c = 1)", "b = 1")).toBe("(a = 1 or c = 1) and b = 1");
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
