// The build of the console: everything under /console/; what the first screen needs is one file, and each other screen brings
// the rest of its own.
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build, defineConfig, type Rolldown, type UserConfig } from "vite";

const plain = {
  root: fileURLToPath(new URL(".", import.meta.url)),
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
} satisfies UserConfig;

/**
 * The modules that the first screen needs once all that it does not use is left out. The build left to itself puts them into
 * some thirty files, five rounds of the six that a browser asks for at a time.
 */
async function modulesOfFirstScreen(): Promise<ReadonlySet<string>> {
  const options = { ...plain.build, write: false, minify: false };
  const built = (await build({
    ...plain,
    build: options,
    configFile: false,
    logLevel: "error",
  })) as Rolldown.RolldownOutput;
  const chunks = new Map(
    built.output.flatMap((each) => (each.type === "chunk" ? [[each.fileName, each] as const] : [])),
  );
  const found = new Set<string>();
  const waiting = [...chunks.values()].filter(({ isEntry }) => isEntry);
  for (let chunk = waiting.pop(); chunk !== undefined; chunk = waiting.pop()) {
    chunks.delete(chunk.fileName);
    for (const id of chunk.moduleIds) found.add(id);
    waiting.push(...chunk.imports.flatMap((name) => chunks.get(name) ?? []));
  }
  return found;
}

export default defineConfig(async () => {
  const first = await modulesOfFirstScreen();
  const groups = [{ name: "first", test: (id: string) => first.has(id) }];
  return {
    ...plain,
    build: { ...plain.build, rolldownOptions: { output: { codeSplitting: { groups } } } },
  };
});
