import { describe, expect, it } from "vitest";
import { blocks } from "./sheets";

describe("columns on sheets of paper", () => {
  it("one block where all fit", () => expect(blocks([50, 50, 50], 200)).toEqual([[0, 3]]));
  it("none is one empty block: the names are printed alone", () => expect(blocks([], 200)).toEqual([[0, 0]]));
  it("blocks are about equally wide", () => expect(blocks(Array(13).fill(50), 600)).toEqual([[0, 7], [7, 13]]));
  it("one that is wider than a sheet stands alone", () => expect(blocks([50, 900, 50], 600)).toEqual([[0, 1], [1, 2], [2, 3]]));
  it("no block takes more than there is", () => {
    const rooms = Array.from({ length: 60 }, (_, i) => 40 + ((i * 37) % 90));
    const found = blocks(rooms, 700);
    expect(found.flatMap(([from, to]) => rooms.slice(from, to))).toEqual(rooms);
    for (const [from, to] of found) expect(rooms.slice(from, to).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(700);
  });
});
