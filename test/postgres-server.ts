// Vitest's global set-up: one real PostgreSQL for the whole run, in a temporary folder of its own, gone afterwards
// whichever way the run ends. Test files read its superuser's URL by `inject("postgresUrl")`.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type EmbeddedServer, removeEmbedded, startEmbedded } from "@hestia/postgres/embedded";
import type { TestProject } from "vitest/node";
import { prepareTemplates } from "./templates.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A superuser's connection to the database `postgres` of the server that all test files share. */
    postgresUrl: string;
  }
}

const prefix = "hestia-test-";

/** Nothing that a test writes has to survive a crash, so nothing waits for a disk. */
const settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "400",
  max_wal_senders: "20",
  max_replication_slots: "20",
};

/** Starts the server, or takes the one of HESTIA_TEST_DATABASE_URL; returns how to end it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.HESTIA_TEST_DATABASE_URL;
  if (given) return provide(project, given, async () => {});
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const server = await startEmbedded({ dataDir: folder, settings });
  const unguard = endWithProcess(server, folder);
  return provide(project, server.url, async () => {
    await removeEmbedded(folder);
    unguard();
  });
}

async function provide(project: TestProject, url: string, end: () => Promise<void>) {
  project.provide("postgresUrl", url);
  try {
    await prepareTemplates(url, project);
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

/** A run that was killed could not clean up; the next one does it. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split("-")[0] : NaN);
    if (pid > 0 && !lives(pid)) await removeEmbedded(join(tmpdir(), name)).catch(() => {});
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ctrl-C does not go through the end of a run: then the server is ended while the process exits, without awaiting. */
function endWithProcess(server: EmbeddedServer, folder: string): () => void {
  const onExit = () => {
    const pidFile = join(server.dataDir, "postmaster.pid");
    if (existsSync(pidFile)) process.kill(server.pid, "SIGQUIT");
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (let round = 0; existsSync(pidFile) && round < 100; round++) Atomics.wait(cell, 0, 0, 20);
    for (const each of [dirname(server.dataDir), folder]) {
      rmSync(each, { recursive: true, force: true });
    }
  };
  const onSignal = () => process.exit(130);
  process.once("exit", onExit).once("SIGINT", onSignal).once("SIGTERM", onSignal);
  return () => {
    process.off("exit", onExit).off("SIGINT", onSignal).off("SIGTERM", onSignal);
  };
}
