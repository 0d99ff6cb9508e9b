// Brings a server up on a data folder: attaches to one that runs already, else starts one, and waits out whatever a
// crash left behind (a server still starting or stopping, backends that outlived their postmaster, a taken port).
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Account, spawnAs } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { type Settings, serverEnvironment, writeSettings } from "./cluster.ts";
import { databaseError } from "./database-error.ts";
import type { Place } from "./place.ts";
import {
  isPostmasterOf,
  orphanedBackends,
  readPostmaster,
  removeMisleadingPidFile,
  serves,
  stopPostmaster,
} from "./postmaster.ts";
import { fatalReason, logSize, openLog, readLog } from "./server-log.ts";

/** Everything that a start needs to know. */
export type Launch = {
  place: Place;
  account: Account;
  binaries: Binaries;
  password: string;
  port: number;
  settings: Settings;
  onProgress: (text: string) => void;
};

/** A server that accepts connections; `child` only where this process started it. */
export type Running = { pid: number; port: number; child?: ChildProcess };

type Outcome = Running | { failure: string };

const recoveryBoundMs = 5 * 60_000;
const leftoverBoundMs = 60_000;
const portBoundMs = 5_000;
const patienceMs = 10_000;

/** Attaches or starts. The caller holds the lock of the folder. */
export async function bringUp(launch: Launch): Promise<Running> {
  const since = Date.now();
  for (;;) {
    const running = await findRunning(launch);
    if (running) return running;
    const outcome = await startServer(launch);
    if (!("failure" in outcome)) return outcome;
    if (!(await waitOut(outcome.failure, launch, since)))
      throw cannotStart(launch, outcome.failure);
  }
}

async function findRunning(launch: Launch): Promise<Running | undefined> {
  const { data } = launch.place;
  const deadline = Date.now() + recoveryBoundMs;
  for (let round = 0; ; round++) {
    const found = readPostmaster(data);
    if (!found || !isPostmasterOf(found.pid, data)) return undefined;
    if (found.ready && (await serves(data, found.port, launch.password))) {
      return { pid: found.pid, port: found.port };
    }
    if (Date.now() > deadline) {
      throw databaseError(
        "database_unavailable",
        `PostgreSQL (process ${found.pid}) runs on ${data} but does not answer; end that process and try again.`,
      );
    }
    if (round % 40 === 20) launch.onProgress(`waiting for PostgreSQL (process ${found.pid})`);
    await delay(100);
  }
}

async function startServer(launch: Launch): Promise<Outcome> {
  const { place, account, binaries } = launch;
  removeMisleadingPidFile(place.data);
  const port = launch.port || (await freePort());
  writeSettings(place, account, port, launch.settings);
  const logFrom = logSize(place.logFile);
  const log = openLog(place.logFile, account);
  try {
    const child = spawn(binaries.postgres, ["-D", place.data], {
      ...serverEnvironment(place),
      ...spawnAs(account),
      // a session of its own: Ctrl-C in the terminal is for us, who stop the server after its clients
      detached: true,
      stdio: ["ignore", log, log],
    });
    return await untilReady(child, port, logFrom, launch);
  } finally {
    closeSync(log);
  }
}

async function untilReady(
  child: ChildProcess,
  port: number,
  logFrom: number,
  launch: Launch,
): Promise<Outcome> {
  const { data, logFile } = launch.place;
  let ended: string | undefined;
  child.on("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code, signal) => {
    ended ??= `it ended with ${signal ?? `code ${code}`}`;
  });
  const deadline = Date.now() + recoveryBoundMs;
  for (let round = 0; ended === undefined; round++) {
    const found = readPostmaster(data);
    if (found?.pid === child.pid && found?.ready && (await serves(data, port, launch.password))) {
      return { pid: found.pid, port, child };
    }
    if (Date.now() > deadline) {
      if (child.pid !== undefined) await stopPostmaster(child.pid, data);
      return { failure: "it took too long, or its password is not the one kept beside its data" };
    }
    if (round % 100 === 90) launch.onProgress("PostgreSQL is recovering its data");
    await delay(round < 40 ? 20 : 100);
  }
  return { failure: readLog(logFile, logFrom) || ended };
}

/** Whether the reason for not starting goes away by itself; if so, waits a little before the next try. */
async function waitOut(failure: string, launch: Launch, since: number): Promise<boolean> {
  const left = since + leftoverBoundMs - Date.now();
  if (left > 0 && /pre-existing shared memory block/.test(failure)) {
    await waitForOrphans(launch, Date.now() + left);
    return true;
  }
  if (isPortTaken(failure)) return waitForPort(launch, since);
  if (left < 0 || !/lock file .* (already exists|is empty)/.test(failure)) return false;
  await delay(500);
  return true;
}

function isPortTaken(failure: string): boolean {
  return /could not bind|could not create any TCP\/IP sockets/.test(failure);
}

/** A free port that somebody else was quicker to take is chosen anew; a wanted one may be given up soon. */
async function waitForPort({ port, onProgress }: Launch, since: number): Promise<boolean> {
  if (Date.now() > since + portBoundMs) return false;
  if (port === 0) return true;
  onProgress(`waiting for port ${port}, which another program holds`);
  await delay(500);
  return true;
}

async function waitForOrphans(launch: Launch, deadline: number): Promise<void> {
  const { data } = launch.place;
  const since = Date.now();
  for (let round = 0; Date.now() < deadline; round++) {
    const orphans = orphanedBackends(data);
    const known = orphans.length > 0 ? ` (${orphans.join(", ")})` : "";
    if (round % 20 === 0) {
      launch.onProgress(`waiting for processes of the last PostgreSQL${known} to end`);
    }
    // their postmaster is dead: what they still compute can reach no client
    if (Date.now() - since > patienceMs) for (const pid of orphans) endOrphan(pid);
    await delay(250);
    if (orphans.length === 0) return;
  }
}

function endOrphan(pid: number): void {
  try {
    process.kill(pid, "SIGQUIT");
  } catch {
    // gone meanwhile
  }
}

function cannotStart({ place, port }: Launch, failure: string): Error {
  const reason = fatalReason(failure);
  if (port !== 0 && isPortTaken(failure)) {
    return databaseError(
      "database_unavailable",
      `Port ${port} for PostgreSQL is taken by another program; end that or choose another port.`,
      new Error(failure),
    );
  }
  return databaseError(
    "database_unavailable",
    `PostgreSQL did not start${reason ? ` (${reason})` : ""}; see ${place.logFile}.`,
    new Error(failure),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
