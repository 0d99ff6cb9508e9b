// Completes package-lock.json after `npm install`: npm leaves out an optional platform package that its registry lacks,
// and `npm ci` then refuses the whole file. What is written is what every optional dependency's own name says.
import { readFileSync, writeFileSync } from "node:fs";

type Entry = {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
  [other: string]: unknown;
};

/** The content of package-lock.json, as far as it matters here. */
export type Lock = { packages: Record<string, Entry>; [other: string]: unknown };

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd"];
const moreSystems = ["openharmony", "sunos", "win32", "windows", "win"];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x"];

/** The entries that are missing, by their place in node_modules. */
export function missingEntries({ packages }: Lock): Record<string, Entry> {
  const missing: Record<string, Entry> = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isThere(packages, place, name, range)) continue;
      const top = `node_modules/${name}`;
      const taken = top in packages || (missing[top]?.version ?? range) !== range;
      missing[taken ? `${place}/${top}` : top] = describe(name, range, entry);
    }
  }
  return missing;
}

/** Whether Node's way of looking, in each node_modules from the dependant up, finds the version. */
function isThere(packages: Lock["packages"], place: string, name: string, range: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const found = packages[folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`];
    if (found) return !isExact(range) || found.version === range;
    if (folder === "") return false;
  }
}

function isExact(range: string): boolean {
  return /^\d+\.\d+\.\d+/.test(range);
}

function describe(name: string, range: string, { dev }: Entry): Entry {
  const words = name.split(/[/\-.]/);
  const os = [...systems, ...moreSystems].find((each) => words.includes(each));
  const cpu = [...processors, "x64"].find((each) => words.includes(each));
  if (!isExact(range) || os === undefined) {
    throw new Error(`${name}@${range} is optional and missing, and its name does not say for what`);
  }
  return {
    version: range,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(dev ? { dev } : {}),
    ...(os === "linux" ? libcOf(words) : {}),
    optional: true,
    os: [os.startsWith("win") ? "win32" : os],
  };
}

function libcOf(words: string[]): Pick<Entry, "libc"> {
  if (words.some((word) => word.startsWith("musl"))) return { libc: ["musl"] };
  return words.some((word) => word.startsWith("gnu")) ? { libc: ["glibc"] } : {};
}

/** The lock file with what was missing, in npm's order. */
export function completeLock(lock: Lock): Lock {
  const packages = { ...lock.packages, ...missingEntries(lock) };
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

if (import.meta.main) {
  const file = new URL("../package-lock.json", import.meta.url);
  const lock: Lock = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
}
