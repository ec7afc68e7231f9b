/** What the folders promise, read from the source itself. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name) && !/\.(test|gen)\.ts$/.test(name));
const source = new Map(files.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(ROOT, name), "utf8")]));

/** Who may import whom: a layer those below it. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  "": ["routes", "api", "lib", "ui"],
  routes: ["routes", "features", "charts", "api", "ui", "lib"],
  features: ["charts", "api", "ui", "lib"],
  charts: ["charts", "ui", "lib"],
  api: ["api", "ui", "lib"],
  ui: ["ui", "lib"],
  share: ["share", "ui", "lib"],
  lib: ["lib"],
};

function imports(name: string): string[] {
  const found = [...(source.get(name) ?? "").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1] ?? "");
  return found.map((path) => relative(ROOT, join(ROOT, dirname(name), path)).replaceAll("\\", "/"));
}

const layer = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");
const feature = (path: string) => path.split("/")[1];

describe("arrows", () => {
  it.each([...source.keys()])("%s imports only what lies below", (name) => {
    for (const target of imports(name)) {
      const own = layer(name) === "features" && layer(target) === "features" && feature(name) === feature(target);
      expect(own || MAY[layer(name)]?.includes(layer(target)), `${name} imports ${target}`).toBe(true);
    }
  });
});

const users = (pattern: RegExp) => [...source].filter(([, text]) => pattern.test(text)).map(([name]) => name);

describe("one place for each thing", () => {
  it("one file talks to the network", () => expect(users(/\bfetch\(|new EventSource|XMLHttpRequest|WebSocket/)).toEqual(["api/http.ts"]));
  it("one component draws with uPlot", () => expect(users(/import uPlot from/)).toEqual(["charts/LineChart.tsx"]));
  it("elements are made by the one who shows what is hidden", () => {
    expect(users(/["']react\/jsx|(?<!document\.)createElement\(|cloneElement\(/)).toEqual(["ui/jsx/jsx-dev-runtime.ts", "ui/jsx/jsx-runtime.ts"]);
    expect(readFileSync(join(ROOT, "../tsconfig.json"), "utf8")).toContain('"jsxImportSource": "#jsx"');
    expect(readFileSync(join(ROOT, "../vite.config.ts"), "utf8")).toContain('jsxImportSource: "#jsx"');
  });
  it("no markup is made from text", () => expect(users(/dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write/)).toEqual([]));
  it("each question can be taken back", () => expect(users(/queryFn: (?!(async )?\(\{[^}]*signal)/)).toEqual([]));
  it("one hook writes what a page shows into its address", () => expect(users(/search: (\(\w*\) =>|\{ \.\.\.)/)).toEqual(["routes/useAddress.ts"]));
  it("nothing is any", () => expect(users(/:\s*any\b|<any>|\bas any\b|@ts-(ignore|nocheck)/)).toEqual([]));
});

it("files stay small", () => {
  const long = [...source].filter(([, text]) => text.split("\n").length > 400).map(([name]) => name);
  expect(long).toEqual([]);
});
