// A server as a process of its own on a platform of its own, with the operator's key in the data folder, as after
// `npm start`; and the command run below that folder.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@hestia/api";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import { inject } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { hestia, type Outcome, type RunOptions } from "./command.ts";

const serverProgram = fileURLToPath(new URL("../../server/src/main.ts", import.meta.url));

/** A world for the command. */
export type World = {
  readonly url: string;
  readonly key: string;
  readonly client: Client;
  readonly clone: Clone;
  /** The folder that holds `.hestia`. */
  readonly folder: string;
  /** Runs the command there, against the server. */
  run(words: string, options?: RunOptions): Promise<Outcome>;
  /** Writes migrations by path and returns their folder. */
  writeMigrations(files: Readonly<Record<string, string>>): Promise<string>;
  end(): Promise<void>;
};

/** Starts a server, with more in its environment, and makes its world. */
export async function startWorld(
  environment: Readonly<Record<string, string>> = {},
): Promise<World> {
  const clone = await cloneTemplate(inject("postgresUrl"));
  const folder = await mkdtemp(join(tmpdir(), "hestia-cli-"));
  const { url, stop } = await startServer(clone, join(folder, ".hestia"), environment);
  const key = (await readFile(join(folder, ".hestia", "operator-key"), "utf8")).trim();
  const run = (words: string, options: RunOptions = {}) =>
    hestia(wordsOf(words), { cwd: folder, ...options, env: { HESTIA_URL: url, ...options.env } });
  const writeMigrations = async (files: Readonly<Record<string, string>>) => {
    const path = join(folder, "migrations");
    for (const set of ["tenant", "shared"]) await mkdir(join(path, set), { recursive: true });
    for (const [name, sql] of Object.entries(files)) await writeFile(join(path, name), sql);
    return path;
  };
  const end = async () => {
    await stop();
    await clone.drop();
    await rm(folder, { recursive: true });
  };
  return {
    url,
    key,
    client: createClient({ baseUrl: url, key }),
    clone,
    folder,
    run,
    writeMigrations,
    end,
  };
}

/** Words as a shell would split them, with single quotes alone. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

// Clones share the server's roles, which two bootstraps must not change at once.
async function startServer(
  clone: Clone,
  dataFolder: string,
  environment: Readonly<Record<string, string>>,
) {
  return withClient(withDatabase(clone.databaseUrl, "postgres"), async (lock) => {
    await lock.query("select pg_advisory_lock(4378)");
    const child = fork(serverProgram, {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: clone.databaseUrl,
        HESTIA_SECRET_KEY: clone.secretKey,
        HESTIA_DATA: dataFolder,
        HESTIA_PORT: "0",
        HESTIA_LOG_LEVEL: "silent",
        ...environment,
      },
    });
    const exited = once(child, "exit");
    const [message] = (await Promise.race([
      once(child, "message"),
      exited.then(() => {
        throw new Error("the server did not start");
      }),
    ])) as [{ url: string }];
    const stop = async () => {
      child.kill("SIGTERM");
      await exited;
    };
    return { url: message.url, stop };
  });
}
