import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Relative links resolved against <base href>: the server writes its static prefix there, nothing else changes.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../src/runstone/server/ui",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: { "/api": process.env["RUNSTONE_SERVER"] ?? "http://127.0.0.1:5000" },
  },
});
