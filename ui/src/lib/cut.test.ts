import { describe, expect, it } from "vitest";
import { cut } from "./cut";

describe("cutting a text", () => {
  it("leaves alone what fits", () => expect(cut("abcde", 5)).toBe("abcde"));
  it("ends in dots", () => expect(cut("abcdef", 5)).toBe("abcd…"));
  it("cuts no emoji in two", () => {
    expect(cut("launch 👩‍👩‍👧‍👦 again", 9)).toBe("launch 👩‍👩‍👧‍👦…");
    expect(cut("🚀🚀🚀🚀", 3)).toBe("🚀🚀…");
  });
  it("counts what is read as one character once", () => expect(cut("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3)).toBe("👩‍👩‍👧‍👦👩‍👩‍👧‍👦"));
  it("looks at no more of a long one than it shows", () => expect(cut(`a${"\u0301".repeat(100_000)}`, 3).length).toBeLessThan(70));
});
