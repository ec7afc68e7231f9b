import { expect, it } from "vitest";
import { seen } from "./seen";

const RLO = "\u202e";

it("writes out hidden characters in every text and word of an element", () => {
  expect(seen("span", { children: `a${RLO}b`, title: RLO, "aria-label": RLO, "data-key": RLO, id: RLO })).toEqual({
    children: "a[U+202E]b",
    title: "[U+202E]",
    "aria-label": "[U+202E]",
    "data-key": RLO,
    id: RLO,
  });
  expect(seen("b", { children: ["x", 1, null, RLO] })).toEqual({ children: ["x", 1, null, "[U+202E]"] });
});

it("shows line breaks in names, and leaves them in texts", () => {
  expect(seen("a", { dir: "auto", children: "run\nrun " })).toEqual({ dir: "auto", children: "run↵run␣" });
  expect(seen("b", { dir: "auto", children: ["name\n1", " version ", 2] })).toEqual({ dir: "auto", children: ["name↵1", " version ", 2] });
  expect(seen("text", { children: "in a\npicture" })).toEqual({ children: "in a↵picture" });
  for (const tag of ["pre", "p"]) expect(seen(tag, { dir: "auto", children: "two\nlines" })).toEqual({ dir: "auto", children: "two\nlines" });
  expect(seen("title", { children: "two\nlines" })).toEqual({ children: "two\nlines" });
});

it("makes nothing anew where there is nothing to see, and leaves components and what is written alone", () => {
  const plain = { children: ["a", "b"], title: "c", value: RLO };
  expect(seen("input", plain)).toBe(plain);
  const own = { children: RLO };
  expect(seen(() => null, own)).toBe(own);
  expect(seen(() => null, { ...own, to: "/runs", search: { q: RLO } })).toEqual({ children: "[U+202E]", to: "/runs", search: { q: RLO } });
});
