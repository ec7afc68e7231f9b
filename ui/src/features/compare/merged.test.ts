import { expect, it } from "vitest";
import { mergedFiles } from "./merged";

it("puts the files of two runs into one list, folders first", () => {
  const file = (path: string) => ({ path, is_dir: false });
  const folder = { path: "z", is_dir: true };
  const found = mergedFiles([file("b10"), folder, file("b2")], [file("b2"), file("c")]);
  expect(found.map((one) => [one.path, Boolean(one.before), Boolean(one.after)])).toEqual([
    ["z", true, false],
    ["b2", true, true],
    ["b10", true, false],
    ["c", false, true],
  ]);
});
