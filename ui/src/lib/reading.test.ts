import { describe, expect, it } from "vitest";
import { parseSheet, separatorOf, sortRows } from "./csv";
import { lowerIsBetter } from "./direction";
import { fileName, foldersOf, viewerOf } from "./files";
import { cutAt, transcript } from "./transcript";

describe("tables of text", () => {
  it("reads quotes, commas and line ends within cells", () => {
    const sheet = parseSheet('a,b\r\n"x, ""y""\nz",2\n\n,3');
    expect(sheet).toEqual({ head: ["a", "b"], rows: [['x, "y"\nz', "2"], ["", "3"]] });
  });

  it("sorts numbers as numbers and leaves empty cells last", () => {
    const rows = [["10"], [""], ["9"], ["2.5"]];
    expect(sortRows(rows, 0, false)).toEqual([["2.5"], ["9"], ["10"], [""]]);
    expect(sortRows(rows, 0, true).at(-1)).toEqual([""]);
  });

  it("sees what separates", () => {
    expect(separatorOf("x.csv", "a;b;c\n1;2;3")).toBe(";");
    expect(separatorOf("x.tsv", "a,b")).toBe("\t");
  });
});

describe("console", () => {
  it("keeps colours alone of what steers a terminal, and the last state of a progress bar", () => {
    expect(
      transcript([
        { stream: "stdout", text: "\u001b[2K\u001b[32mok\u001b[0m\n 10%\r 50%\r10" },
        { stream: "stderr", text: "warn\n" },
        { stream: "stdout", text: "0%\nlast" },
      ]).map((line) => `${line.stream}:${line.text}`),
    ).toEqual(["stdout:\u001b[32mok\u001b[0m", "stderr:warn", "stdout:100%", "stdout:last"]);
  });
});

describe("files", () => {
  it.each([
    ["model/MLmodel", "model"],
    ["plots/cm.PNG", "image"],
    ["a.json", "json"],
    ["t.csv", "sheet"],
    ["notes.md", "markdown"],
    ["model/requirements.txt", "text"],
    ["page.html", "page"],
    ["weights.bin", "none"],
  ])("%s is shown as %s", (path, viewer) => expect(viewerOf(path)).toBe(viewer));

  it("knows the folders above", () => {
    expect(foldersOf("a/b/c.txt")).toEqual(["a", "a/b"]);
    expect(fileName("a/b/c.txt")).toBe("c.txt");
  });
});

it("knows which way is better", () => {
  expect(["val/loss", "rmse", "fit_seconds", "train_error", "valLoss", "val_cross_entropy", "cost"].every((key) => lowerIsBetter(key))).toBe(true);
  expect(["accuracy", "f1", "closs_rate", "system/process_time"].some((key) => lowerIsBetter(key))).toBe(false);
});

it("marks every place where a word is", () => {
  const marked = (text: string, find: string) => cutAt(text, find).map((piece) => (piece.found ? `[${piece.text}]` : piece.text)).join("");
  expect(marked("Loss and loss", "loss")).toBe("[Loss] and [loss]");
  expect(marked("nothing", "loss")).toBe("nothing");
  expect(marked("nothing", "")).toBe("nothing");
  expect(marked("aaa", "aa")).toBe("[aa]a");
  expect(marked("", "x")).toBe("");
  expect(marked("İ loss", "loss")).toBe("İ loss");
});
