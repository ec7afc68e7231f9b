import { defineConfig } from "vitest/config";

// All files in one context: loading the modules anew for each takes four times as long as the tests.
export default defineConfig({
  test: { include: ["src/**/*.test.ts"], environment: "node", isolate: false },
});
