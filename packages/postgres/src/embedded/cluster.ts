// The data folder: made once by initdb, never half-made (built beside and renamed into place), configured anew at each
// start from our settings, with a superuser whose generated password lies in a file that only the owner reads.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Account, give, spawnAs } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { databaseError } from "./database-error.ts";
import type { Place } from "./place.ts";

/** PostgreSQL settings by name, written as in postgresql.conf without the quotes. */
export type Settings = Record<string, string>;

const ownSettings: Settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  max_connections: "200",
  shared_buffers: "128MB",
  wal_level: "logical",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] %q%u@%d ",
};

/** What every program of PostgreSQL runs under: nothing of the caller's PGHOST, locale or working folder. */
export function serverEnvironment(place: Place) {
  return {
    cwd: place.home,
    env: { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" },
  };
}

/** Makes the cluster if there is none; `database_unsuitable` if there is one of another major version. Resolves to the superuser's password. */
export async function makeCluster(
  place: Place,
  binaries: Binaries,
  account: Account,
  settings: Settings,
): Promise<string> {
  const missing = !existsSync(join(place.data, "PG_VERSION"));
  if (!missing) refuseOtherVersion(place, binaries);
  const password = readPassword(place, account, missing);
  if (missing) await initialise(place, binaries, account, settings);
  return password;
}

function refuseOtherVersion(place: Place, { major }: Binaries): void {
  const found = readFileSync(join(place.data, "PG_VERSION"), "utf8").trim();
  if (found === String(major)) return;
  throw databaseError(
    "database_unsuitable",
    `The data in ${place.home} are of PostgreSQL ${found} and the embedded server is ${major}; move that folder away to start empty, or set DATABASE_URL to a PostgreSQL ${found}.`,
  );
}

function readPassword(place: Place, account: Account, mayCreate: boolean): string {
  if (!existsSync(place.passwordFile)) {
    if (!mayCreate) {
      throw databaseError(
        "database_unavailable",
        `The password of the embedded PostgreSQL is missing; put ${place.passwordFile} back, or move that folder away to start empty.`,
      );
    }
    const draft = `${place.passwordFile}.new`;
    rmSync(draft, { force: true });
    writeFileSync(draft, randomBytes(24).toString("base64url"), { mode: 0o600 });
    give(account, draft);
    renameSync(draft, place.passwordFile);
  }
  return readFileSync(place.passwordFile, "utf8").trim();
}

async function initialise(
  place: Place,
  { initdb }: Binaries,
  account: Account,
  settings: Settings,
): Promise<void> {
  const draft = `${place.data}.new`;
  rmSync(draft, { recursive: true, force: true });
  const options = [
    ...["--pgdata", draft, "--username", "postgres", "--pwfile", place.passwordFile],
    ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"],
    ...["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ...(settings.fsync === "off" ? ["--no-sync"] : []),
  ];
  try {
    await promisify(execFile)(initdb, options, {
      ...serverEnvironment(place),
      ...spawnAs(account),
    });
  } catch (cause) {
    throw databaseError(
      "database_unavailable",
      `PostgreSQL could not make its data folder ${place.data}; see that there is room and that the folder can be written.`,
      cause,
    );
  }
  appendFileSync(join(draft, "postgresql.conf"), "\ninclude_if_exists = 'hestia.conf'\n");
  renameSync(draft, place.data);
}

/** Writes the settings of the next start; the caller's win over ours. */
export function writeSettings(
  place: Place,
  account: Account,
  port: number,
  settings: Settings,
): void {
  const file = join(place.data, "hestia.conf");
  const quoted = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  const lines = Object.entries({ ...ownSettings, ...settings, port: String(port) }).map(
    ([name, value]) => `${name} = ${quoted(value)}`,
  );
  writeFileSync(file, `# written at each start\n${lines.join("\n")}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  give(account, file);
}
