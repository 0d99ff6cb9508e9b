// The build of the console: everything under /console/, one chunk for what each screen needs beyond the first.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  // Only the forms' own test helper wants it, and it would generate code, which the page's policy forbids.
  resolve: {
    alias: { "@rjsf/validator-ajv8": fileURLToPath(new URL("build/none.ts", import.meta.url)) },
  },
  build: {
    target: "es2023",
    // Nothing inlined: the page's policy allows files of its own alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
