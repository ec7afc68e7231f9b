import { describe, expect, it } from "vitest";
import type { TraceSpan } from "../../api/schema.gen";
import { spanLines, spanOf } from "./tree";

const span = (span_id: string, parent_id = "", start = 0, duration: number | null = 1): TraceSpan => ({
  span_id, parent_id, name: span_id, kind: "", status: "OK", message: "", start, duration, model: "", tokens: null,
});
const words = (lines: ReturnType<typeof spanLines>) => lines.map((line) => `${"-".repeat(line.depth)}${line.span.span_id}${line.children || ""}`);

describe("spans as a tree", () => {
  const spans = [span("a"), span("b", "a"), span("c", "b"), span("d", "a"), span("e")];

  it("children stand below their parents", () => expect(words(spanLines(spans, new Set()))).toEqual(["a2", "-b1", "--c", "-d", "e"]));

  it("what is folded hides all below it", () => {
    expect(words(spanLines(spans, new Set(["b"])))).toEqual(["a2", "-b1", "-d", "e"]);
    expect(words(spanLines(spans, new Set(["a"])))).toEqual(["a2", "e"]);
  });

  it("a circle hangs nothing and loses nothing", () => {
    expect(words(spanLines([span("a", "b"), span("b", "a"), span("c")], new Set()))).toEqual(["c", "a1", "-b1"]);
  });

  it("thousands in one chain are no depth of calls", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => span(String(i), i ? String(i - 1) : ""));
    expect(spanLines(chain, new Set()).at(-1)?.depth).toBe(19_999);
  });

  it("the time line ends with the last span", () => {
    expect(spanOf([span("a", "", 0, 5), span("b", "a", 3, 9), span("c", "a", 4, null)])).toBe(12);
    expect(spanOf([])).toBe(1);
  });
});
