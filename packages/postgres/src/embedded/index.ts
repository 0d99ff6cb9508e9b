// A PostgreSQL of our own for people who have none: the programs of an optional package, one data folder, loopback
// only. Starting twice on one folder, or after a kill -9 of anything, ends with exactly one server that runs.
import type { ChildProcess } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Account, chooseAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { makeCluster, type Settings } from "./cluster.ts";
import { makeDatabase } from "./database.ts";
import { databaseError } from "./database-error.ts";
import { bringUp, type Running } from "./launch.ts";
import { withPidLock } from "./pid-lock.ts";
import { findData, makePlace, type Place, removePlace } from "./place.ts";
import { isPostmasterOf, readPostmaster, stopPostmaster } from "./postmaster.ts";
import { boundLog } from "./server-log.ts";

export { type PidLock, processBirth, tryPidLock } from "./pid-lock.ts";

/** Longer than any start may take, so that whoever waits for another's start sees it end. */
const startBoundMs = 10 * 60_000;

const host = "127.0.0.1";

type Ready = Running & { url: string };

/** How an embedded server is to be started. */
export type EmbeddedOptions = {
  /** A folder for this server alone; made if missing. Root gives it to the account that runs PostgreSQL. */
  dataDir: string;
  /** 0 or absent: any free port. A server that runs already keeps the port it has. */
  port?: number;
  /** The database that the URL leads to, made if missing; `postgres` if absent. */
  database?: string;
  /** PostgreSQL settings on top of ours, as in postgresql.conf without quotes. A server that runs already keeps its own. */
  settings?: Settings;
  /** Told in a few words what the start is waiting for. */
  onProgress?: (text: string) => void;
};

/** A PostgreSQL server that runs. */
export type EmbeddedServer = {
  /** The superuser's connection to the database, with its password. */
  url: string;
  host: string;
  port: number;
  /** The postmaster's process id. */
  pid: number;
  /** PostgreSQL's data folder: in the wanted folder, or elsewhere if its account could not get there. */
  dataDir: string;
  /** The server's log, bounded in size. */
  logFile: string;
  /** The server ran already: another process started it, or its starter was killed. `stop` stops it all the same. */
  attached: boolean;
  /** Cuts all connections, writes everything out and ends the server; resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves when the server is gone, stopped or crashed. */
  exited: Promise<void>;
};

/** Starts the server of a folder, or attaches to the one that runs there; rejects with one sentence that says what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const onProgress = options.onProgress ?? (() => {});
  const wanted = openFolder(options.dataDir);
  const lock = join(wanted, "starting.lock");
  return withPidLock(lock, { waitMs: startBoundMs, onWait: sayOnce(onProgress) }, async () => {
    const account = chooseAccount(wanted);
    const place = await makePlace(wanted, account);
    const running = await start(place, account, options, onProgress);
    await makeDatabase(running.url);
    return handle(place, account, running);
  });
}

/** Stops the server of a folder, whoever started it; says whether one ran. */
export async function stopEmbedded(dataDir: string): Promise<boolean> {
  const data = findData(dataDir);
  const found = data === undefined ? undefined : readPostmaster(data);
  if (data === undefined || !found || !isPostmasterOf(found.pid, data)) return false;
  await stopPostmaster(found.pid, data);
  return true;
}

/** Removes a server for good: stops it and deletes its data, its log and its password, wherever they lie. */
export async function removeEmbedded(dataDir: string): Promise<void> {
  await stopEmbedded(dataDir);
  removePlace(dataDir);
}

async function start(
  place: Place,
  account: Account,
  { port = 0, settings = {}, database = "postgres" }: EmbeddedOptions,
  onProgress: (text: string) => void,
): Promise<Ready> {
  const binaries = await findBinaries(place, account);
  if (!existsSync(place.data)) onProgress("making the data folder of PostgreSQL");
  const password = await makeCluster(place, binaries, account, settings);
  const launch = { place, account, binaries, password, port, settings, onProgress };
  const running = await bringUp(launch);
  const address = `postgres:${password}@${host}:${running.port}`;
  return { ...running, url: `postgres://${address}/${encodeURIComponent(database)}` };
}

function handle(place: Place, account: Account, running: Ready): EmbeddedServer {
  const { pid, port, url, child } = running;
  const unbound = boundLog(place.logFile, account);
  const exited = (child ? whenEnded(child) : whenGone(pid, place.data)).then(unbound);
  let stopping: Promise<void> | undefined;
  return {
    ...{ url, host, port },
    pid,
    dataDir: place.data,
    logFile: place.logFile,
    attached: child === undefined,
    exited,
    stop: () => {
      stopping ??= stopPostmaster(pid, place.data).then(() => exited);
      return stopping;
    },
  };
}

function whenEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
}

async function whenGone(pid: number, data: string): Promise<void> {
  while (isPostmasterOf(pid, data)) await delay(200);
}

function openFolder(dataDir: string): string {
  try {
    mkdirSync(dirname(resolve(dataDir)), { recursive: true });
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(dataDir);
  } catch (cause) {
    throw databaseError(
      "database_unavailable",
      `The folder ${dataDir} cannot be written; run as its owner or choose another with HESTIA_DATA.`,
      cause,
    );
  }
}

function sayOnce(onProgress: (text: string) => void): (pid: number) => void {
  let said: number | undefined;
  return (pid) => {
    if (said !== pid) onProgress(`waiting for process ${pid}, which is starting PostgreSQL`);
    said = pid;
  };
}
