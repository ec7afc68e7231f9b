import { defineConfig } from "vite";

/** Script and style of exported HTML files: one plain script, which the server's package puts into each file. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/runstone/server/ui/share",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/share/main.ts", formats: ["iife"], name: "runstoneShare", fileName: () => "share.js", cssFileName: "share" },
  },
});
