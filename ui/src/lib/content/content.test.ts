import { describe, expect, it } from "vitest";
import { hueOf, segments } from "./ansi";
import { diffTexts, parseDiff } from "./diff";
import { drawGeo } from "./geo";
import { parseInline, parseMarkdown, targetOf } from "./markdown";
import { readModel } from "./model";
import { atStep, imageGroups, stepsOf, tableGroups } from "./steps";
import { readTable } from "./table";

const ESC = "\u001b";

describe("markdown", () => {
  it("reads what people write", () => {
    const text = "# T\n\nA **b** `c`\n\n- [x] one\n- two\n  - deep\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```py\nx = 1\n```\n> q\n\n---";
    expect(parseMarkdown(text).map((one) => one.kind)).toEqual(["heading", "paragraph", "list", "table", "code", "quote", "rule"]);
    const list = parseMarkdown("- [x] one\n- two\n  - deep")[0];
    expect(list?.kind === "list" && list.items.map((item) => [item.done, item.blocks.length])).toEqual([[true, 1], [null, 2]]);
  });

  it("leaves markup as text", () => {
    expect(parseMarkdown("<script>alert(1)</script>")).toEqual([{ kind: "paragraph", children: [{ kind: "text", text: "<script>alert(1)</script>" }] }]);
  });

  it("leads to web addresses and to files beside it, nowhere else", () => {
    expect(targetOf("https://x.org/a")).toEqual({ web: "https://x.org/a" });
    expect(targetOf("../img/a%20b.png?x", "docs")).toEqual({ path: "img/a b.png" });
    for (const to of ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.org", "/etc", "../../x", "#a", "vbscript:x", "java\nscript:x"])
      expect(targetOf(to, "docs"), to).toBeNull();
  });

  it("ends, whatever it is given", () => {
    for (const nasty of ["*a ".repeat(20_000), "[".repeat(50_000), "`".repeat(9) + "`x".repeat(20_000), "> ".repeat(5_000), "- ".repeat(5_000), "**_~~".repeat(5_000), "|".repeat(20_000) + "\n|-|"])
      expect(parseMarkdown(nasty)).toBeDefined();
    expect(parseInline("a_b_c __x__ [t](u) ![i](p.png)").map((one) => one.kind)).toEqual(["text", "strong", "text", "link", "text", "image"]);
  });
});

describe("colours of a terminal", () => {
  it("become names, over lines, until they are taken back", () => {
    const first = segments(`plain ${ESC}[1;31mred`);
    expect(first.parts.map((one) => [one.text, one.look.hue, one.look.bold])).toEqual([["plain ", null, false], ["red", "red", true]]);
    const second = segments(`still${ESC}[0m not`, first.end);
    expect(second.parts.map((one) => [one.text, one.look.hue])).toEqual([["still", "red"], [" not", null]]);
    expect(segments(`${ESC}[38;5;46mx${ESC}[38;2;0;0;255my`).parts.map((one) => one.look.hue)).toEqual(["green", "blue"]);
    expect(hueOf(255, 255, 255)).toBeNull();
  });
});

describe("differences", () => {
  it("reads git's", () => {
    const [file] = parseDiff("diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n");
    expect([file?.name, file?.added, file?.removed]).toEqual(["x.py", 1, 1]);
    expect(file?.hunks[0]?.lines.map((line) => [line.kind, line.before, line.after])).toEqual([
      ["same", 1, 1],
      ["removed", 2, null],
      ["added", null, 2],
      ["same", 3, 3],
    ]);
    expect(parseDiff("no diff")).toEqual([]);
  });

  it("finds its own", () => {
    const before = Array.from({ length: 50 }, (_, i) => `line ${i}`);
    const after = [...before.slice(0, 20), "new", ...before.slice(21)];
    const found = diffTexts(before.join("\n"), after.join("\n"));
    expect([found.added, found.removed, found.hunks.length, found.hunks[0]?.lines.length]).toEqual([1, 1, 1, 8]);
    expect(diffTexts("a\nb\nc\nd", "b\nx\nd\ne").hunks.flatMap((one) => one.lines).map((one) => one.kind[0] + one.text).join(" ")).toBe("ra sb rc ax sd ae");
    expect(diffTexts("a".repeat(9), "b").added).toBe(1);
  });
});

describe("GeoJSON", () => {
  it("is drawn with north above", () => {
    const point = (x: number, y: number, name: string) => ({ type: "Feature", properties: { name }, geometry: { type: "Point", coordinates: [x, y] } });
    const drawing = drawGeo({ type: "FeatureCollection", features: [point(8, 47, "south"), point(9, 48, "north")] });
    expect(drawing?.shapes.map((one) => one.label)).toEqual(["south", "north"]);
    expect(drawing && (drawing.shapes[0]?.y ?? 0) > (drawing.shapes[1]?.y ?? 0)).toBe(true);
  });

  it("is refused where there is nothing to draw", () => {
    for (const json of [null, [], {}, { type: "Point", coordinates: ["x", {}] }, { type: "Polygon", coordinates: 5 }]) expect(drawGeo(json)).toBeNull();
  });
});

it("an MLmodel file says what it takes", () => {
  const text =
    "flavors:\n  python_function:\n    loader_module: x\n  sklearn:\n    a: 1\nmodel_uuid: abc\nsignature:\n  inputs: '[{\"type\": \"double\", \"name\": \"it''s\"}, {\"type\": \"tensor\",\n    \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 3]}}]'\n  outputs: null\nx: 1\n";
  const model = readModel(text);
  expect(model.flavors).toEqual(["python_function", "sklearn"]);
  expect(model.inputs?.map((one) => `${one.name} ${one.type}`)).toEqual(["it's double", "[1] float32 [any × 3]"]);
  expect([model.outputs, model.facts]).toEqual([null, [["model_uuid", "abc"]]]);
});

describe("what is logged over steps", () => {
  const files = [
    "images/a#b+step+10+timestamp+5+x.png",
    "images/a#b+step+2+timestamp+4+x.png",
    "images/a#b+step+2+timestamp+4+x+compressed.webp",
    "images/old%step%-1%timestamp%3%y.png",
    "images/other.png",
  ].map((path) => ({ path }));

  it("groups pictures by their name, in order of their steps", () => {
    const groups = imageGroups(files);
    expect(groups.map((group) => [group.key, group.files.map((file) => file.step)])).toEqual([
      ["a/b", [2, 10]],
      ["old", [-1]],
    ]);
    expect(stepsOf(groups)).toEqual([-1, 2, 10]);
    const first = groups[0];
    expect(first && [atStep(first, 1), atStep(first, 9)?.step, atStep(first, 99)?.step]).toEqual([null, 2, 10]);
  });

  it("groups tables whose names differ in a number, and reads their cells", () => {
    const tag = JSON.stringify(["eval_2.json", "eval_10.json", "one.json"].map((path) => ({ path, type: "table" })));
    expect(tableGroups(tag).map((group) => [group.key, group.files.map((file) => file.step)])).toEqual([
      ["eval_#.json", [2, 10]],
      ["one.json", [0]],
    ]);
    expect(tableGroups("no JSON")).toEqual([]);
    expect(readTable('{"columns":["a","b"],"data":[[1,null],["<b>",{"x":1}]]}')).toEqual({ head: ["a", "b"], rows: [["1", ""], ["<b>", '{"x":1}']] });
    expect([readTable("[]"), readTable("nothing"), readTable('{"columns":1}')]).toEqual([null, null, null]);
  });
});
