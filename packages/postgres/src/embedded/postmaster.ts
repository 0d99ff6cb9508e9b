// A running server as others see it: through postmaster.pid, the process table and its port. No process is signalled
// or waited for unless it is proved to be the postmaster of this very data folder.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { processBirth } from "./pid-lock.ts";

/** What postmaster.pid says. */
export type Postmaster = { pid: number; port: number; ready: boolean };

/** Reads postmaster.pid; undefined if there is none or it is not written out yet. */
export function readPostmaster(data: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    return pid > 1 ? { pid, port, ready: lines[7]?.trim() === "ready" } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process lives and is a postmaster of this data folder, by its command line. */
export function isPostmasterOf(pid: number, data: string): boolean {
  if (processBirth(pid) === undefined) return false;
  try {
    if (process.platform === "linux") {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words[words.indexOf("-D") + 1] === data;
    }
    const line = execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], {
      encoding: "utf8",
    });
    return line.trimEnd().endsWith(` -D ${data}`);
  } catch {
    return false;
  }
}

/** Whether a server answers on the port with our password and says that it serves this data folder. */
export async function serves(data: string, port: number, password: string): Promise<boolean> {
  const client = new pg.Client({
    ...{ host: "127.0.0.1", port, user: "postgres", password, database: "postgres", ssl: false },
    ...{ connectionTimeoutMillis: 5_000, query_timeout: 5_000 },
  });
  // a server that goes away meanwhile emits besides rejecting
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query("select current_setting('data_directory') as data");
    return rows[0]?.data === data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * PostgreSQL refuses to start while the pid in postmaster.pid lives, whatever that process is. Where it is not a
 * postmaster of this folder (the pid went to another program, or is dead and not yet reaped) the file is removed.
 * A pid that is simply gone is left to PostgreSQL, which then also looks for backends that outlived it.
 */
export function removeMisleadingPidFile(data: string): void {
  const found = readPostmaster(data);
  if (!found || isPostmasterOf(found.pid, data)) return;
  try {
    process.kill(found.pid, 0);
    rmSync(join(data, "postmaster.pid"), { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
    rmSync(join(data, "postmaster.pid"), { force: true });
  }
}

/** The server's processes that outlived its postmaster (Linux: known by their program and working folder). */
export function orphanedBackends(data: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isOrphanOf(pid, data));
}

function isOrphanOf(pid: number, data: string): boolean {
  try {
    const program = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return program.startsWith("postgres: ") && readlinkSync(`/proc/${pid}/cwd`) === data;
  } catch {
    return false;
  }
}

async function waitUntilGone(pid: number, data: string, boundMs: number): Promise<boolean> {
  const deadline = Date.now() + boundMs;
  while (isPostmasterOf(pid, data)) {
    if (Date.now() > deadline) return false;
    await delay(25);
  }
  return true;
}

/** Stops the postmaster: fast (connections are cut, all is written), at once if that takes too long, then by force. */
export async function stopPostmaster(pid: number, data: string): Promise<void> {
  const ways: [NodeJS.Signals, number][] = [
    ["SIGINT", 20_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 10_000],
  ];
  for (const [signal, boundMs] of ways) {
    if (!isPostmasterOf(pid, data)) return;
    process.kill(pid, signal);
    if (await waitUntilGone(pid, data, boundMs)) return;
  }
}
