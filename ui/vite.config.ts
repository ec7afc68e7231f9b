import { createHash } from "node:crypto";
import { basename } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Modules that no first page needs. */
const LATER =
  /uplot|\/src\/(charts|features\/(home|experiments|run|compare|models|palette|runs\/panel|admin|account|trash|traces)\/(?!SignedIn|Account)|routes\/(home|experiments|run|charts|artifacts|console|media|compare|models|finding|signing|account|admin|views|trash|traces|traceWay)\.|api\/(curves|recent|reviews|webhooks|sparks|sparkBatch|accounts|models|search|compare|artifacts|views|trash|traces|bulk|moved|edits|experimentEdits|renamed|patched|series|metrics|importance)\.|lib\/(spark|cut|theme|sheets|keyTree|fuzzy|content|csv|transcript|files|natural)|ui\/content|ui\/(Table|PaperTable|usePrinting|FirstRun|Dialog|Field|MoreMenu|Snippet|Copy\.)|features\/shell\/(KeyList|ThemeList)|features\/runs\/(About|Paper|HeadMenu|Painted|[Gg]roup|Export|NoMatch|slips|ColumnList|Unanswered|EqualValues|View(s|Bar)|RunEdits|CellEditor|MeaningDialog|meaning|BulkDialogs|savedViews|Builder|SelectionBar|SplitView|hover))/;

// Links are relative to <base href>. The server writes that tag with its static prefix; while developing, this does.
const base = {
  name: "base-while-developing",
  apply: "serve",
  transformIndexHtml: () => [{ tag: "base", attrs: { href: "/" }, injectTo: "head-prepend" }],
} as const;

/** Scripts name every class that they use: a short mark for each style sheet. */
const sheets = new Map<string, string>();
function shortName(name: string, file: string): string {
  const sheet = basename(file.replace(/\?.*$/, ""));
  const mark = createHash("md5").update(sheet).digest("hex").slice(0, 4);
  if ((sheets.get(mark) ?? sheet) !== sheet) throw new Error(`${sheet} and ${sheets.get(mark)} have the same mark ${mark}: give one of them another name`);
  sheets.set(mark, sheet);
  return `${name}_${mark}`;
}

export default defineConfig({
  base: "./",
  plugins: [react({ jsxImportSource: "#jsx" }), base],
  // React has had it itself since version 18.
  resolve: { alias: [{ find: /^use-sync-external-store\/shim$/, replacement: "react" }] },
  css: { modules: { generateScopedName: shortName } },
  build: {
    outDir: "../src/runstone/server/ui",
    emptyOutDir: true,
    target: "es2022",
    // Browsers of today preload modules by themselves, and those that do not load them a little later.
    modulePreload: { polyfill: false },
    sourcemap: false,
    // One small style sheet, so that a page costs few requests.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 500,
    rolldownOptions: {
      output: {
        // What the first page needs comes in one piece, the rest when it is asked for.
        codeSplitting: {
          groups: [
            { name: "core", test: (id: string) => !LATER.test(id) },
            // One request for what printing needs of a page of runs.
            { name: "paper", test: /\/src\/(features\/runs\/Paper|ui\/(PaperTable|usePrinting)|lib\/sheets)\./ },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": process.env["RUNSTONE_SERVER"] ?? "http://127.0.0.1:5000" },
  },
});
