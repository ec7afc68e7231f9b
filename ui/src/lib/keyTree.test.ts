import { describe, expect, it } from "vitest";
import { keyTree } from "./keyTree";

const rows = (keys: string[], open: string[] | true = []) =>
  keyTree(keys.map((key) => ({ key })), (prefix) => open === true || open.includes(prefix)).map((row) =>
    row.kind === "folder" ? `${" ".repeat(row.depth)}${row.name} ${row.keys}` : `${" ".repeat(row.depth)}${row.name}`,
  );

describe("the tree of keys", () => {
  it("puts keys under their prefixes, closed ones with their number", () => {
    expect(rows(["train/loss", "loss", "train/acc", "val/loss"])).toEqual(["loss", "val/loss", "train/ 2"]);
    expect(rows(["train/loss", "train/acc"], ["train/"])).toEqual(["train/ 2", " acc", " loss"]);
  });

  it("is natural in its order and makes one folder of a chain", () => {
    expect(rows(["m/l/10/w", "m/l/10/b", "m/l/2/w", "m/l/2/b"], true)).toEqual(["m/l/ 4", " 2/ 2", "  b", "  w", " 10/ 2", "  b", "  w"]);
  });

  it("takes dots where there are no slashes, and odd keys as they are", () => {
    expect(rows(["opt.lr", "opt.name", "seed"], true)).toEqual(["seed", "opt. 2", " lr", " name"]);
    expect(rows(["a/", "/", "//", "a/b", "a/c"], true)).toContain("a/");
    expect(rows([])).toEqual([]);
  });

  it("loses no key", () => {
    const keys = ["a", "a/b", "a/b/c", "a/b/d", "/x", "/y", "a//b", "a//c", "z/"];
    const found = keyTree(keys.map((key) => ({ key })), () => true).flatMap((row) => (row.kind === "key" ? [row.item.key] : []));
    expect(found.sort()).toEqual([...keys].sort());
  });
});
