// Builds the console when what it is made of has changed, and compresses it once, so that no request has to.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const resolver = createRequire(import.meta.url);
const run = promisify(execFile);
const [brotli, gzipped] = [promisify(brotliCompress), promisify(gzip)];
const root = fileURLToPath(new URL("..", import.meta.url));
const packages = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "dist");
const sources = [
  join(root, "src"),
  join(root, "public"),
  join(root, "build"),
  join(root, "index.html"),
  join(root, "vite.config.ts"),
  join(root, "package.json"),
  join(packages, "api/src"),
  join(packages, "api/package.json"),
  join(packages, "core/src"),
  join(packages, "core/package.json"),
  join(packages, "../package-lock.json"),
];

/** What is told while it is built. */
export type BuildOptions = { readonly onProgress?: ((text: string) => void) | undefined };

/** Builds the console unless what is there is made of the same sources. Returns whether it did. */
export async function buildConsole({ onProgress }: BuildOptions = {}): Promise<boolean> {
  const digest = await digestOf(sources);
  const stamp = join(dist, "built-from.txt");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === digest) return false;
  onProgress?.("building the console");
  const made = `${dist}.${process.pid}`;
  // In a process of its own: what the caller's environment says of tests or development must not get into the files.
  const vite = join(dirname(resolver.resolve("vite/package.json")), "bin/vite.js");
  const args = ["build", root, "--logLevel", "error", "--outDir", made, "--emptyOutDir"];
  await run(process.execPath, [vite, ...args], { cwd: root, env: { NODE_ENV: "production" } });
  onProgress?.("compressing the console");
  await compressAll(made);
  await writeFile(join(made, "built-from.txt"), digest);
  // Another start may build at the same time: whoever is last wins, with the same files.
  await rm(dist, { recursive: true, force: true });
  await rename(made, dist);
  return true;
}

async function digestOf(places: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const place of places)
    for (const file of await filesOf(place)) hash.update(file).update(await readFile(file));
  return hash.digest("hex");
}

async function filesOf(place: string): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return [place];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

const compressible = /\.(js|css|html|svg|json|txt)$/;

async function compressAll(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of await filesOf(folder)) {
    if (!compressible.test(file)) continue;
    const content = await readFile(file);
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    await writeFile(`${file}.br`, await brotli(content, { params: quality }));
    await writeFile(`${file}.gz`, await gzipped(content));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildConsole({ onProgress: (text) => process.stdout.write(`${text}\n`) });
