import { expect, it } from "vitest";
import { type Change, partOf, turned } from "./change";

interface View {
  columns: string[];
  sort: string;
}

it("a change is of what is there when it is made", () => {
  const add = (name: string): Change<View> => ({ columns }) => ({ columns: [...columns, name] });
  let view: View = { columns: ["a"], sort: "a" };
  for (const change of [add("b"), { sort: "b" }, add("c")] as Change<View>[]) view = { ...view, ...partOf(change, view) };
  expect(view).toEqual({ columns: ["a", "b", "c"], sort: "b" });
});

it("turns what is in a list", () => {
  expect(turned(["a", "b"], "a")).toEqual(["b"]);
  expect(turned(["b"], "a")).toEqual(["b", "a"]);
});
