// PgBouncer in transaction mode in front of the test's PostgreSQL: Debian's own, on a port of its own.

import { type ChildProcess, spawn } from "node:child_process";
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const candidates = [
  "/usr/sbin/pgbouncer",
  "/usr/bin/pgbouncer",
  "/usr/local/bin/pgbouncer",
  "/opt/homebrew/bin/pgbouncer",
];

/** Where PgBouncer is; undefined where it is not installed. */
export const pgbouncerPath = candidates.find((path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** Says once what is left out. */
export const pgbouncerMissing =
  "PgBouncer is not installed, so nothing is tried through a pooler: apt-get install pgbouncer";

export type PgBouncer = { readonly host: string; readonly port: number; stop(): Promise<void> };

/** Starts one; `poolSize` is its number of server connections a login and database. */
export async function startPgBouncer(options: {
  upstream: { host: string; port: number };
  logins: readonly { user: string; password: string }[];
  poolSize: number;
  mode?: "transaction" | "statement";
}): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), "hestia-pgbouncer-"));
  const port = await freePort();
  const configuration = join(folder, "pgbouncer.ini");
  const users = join(folder, "users.txt");
  writeFileSync(
    users,
    options.logins.map(({ user, password }) => `"${user}" "${password}"\n`).join(""),
  );
  writeFileSync(
    configuration,
    `[databases]\n* = host=${options.upstream.host} port=${options.upstream.port}\n` +
      `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${users}\n` +
      `pool_mode = ${options.mode ?? "transaction"}\ndefault_pool_size = ${options.poolSize}\nmax_client_conn = 200\nserver_reset_query =\nlogfile = ${join(folder, "log")}\n` +
      "ignore_startup_parameters = extra_float_digits\n",
  );
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  if ("uid" in account)
    for (const path of [folder, configuration, users]) chownSync(path, 65534, 65534);
  chmodSync(users, 0o600);
  const child = spawn(pgbouncerPath ?? "pgbouncer", [configuration], {
    ...account,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await listening(child);
  return { host: "127.0.0.1", port, stop: () => stop(child, folder) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Its log says when it is up, or why not. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    child.stderr?.on("data", (text: Buffer) => {
      log += text;
      if (log.includes("process up")) resolve();
    });
    child.once("exit", () => reject(new Error(`PgBouncer did not start: ${log}`)));
    child.once("error", reject);
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.removeAllListeners("exit");
  child.once("exit", () => {});
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null)
    await Promise.race([ended, new Promise((resolve) => child.once("exit", resolve))]);
  rmSync(folder, { recursive: true, force: true });
}
