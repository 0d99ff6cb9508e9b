// Which operating-system account the server runs as. PostgreSQL refuses to run as root, so root hands over to an
// unprivileged account; anybody else runs it as themselves.
import { execFile, execFileSync } from "node:child_process";
import { chownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { databaseError } from "./database-error.ts";

/** The account of the server's processes; `switched` says that it is not the one of this process. */
export type Account = { uid: number; gid: number; switched: boolean };

/** Chooses the account: oneself, or for root the owner of the data there already, `postgres`, `hestia`, `nobody`. */
export function chooseAccount(dataDir: string): Account {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) {
    throw databaseError(
      "database_unsuitable",
      "The embedded PostgreSQL needs Linux or macOS; set DATABASE_URL to a PostgreSQL of your own.",
    );
  }
  if (uid !== 0) return { uid, gid, switched: false };
  const found = ownerOf(dataDir) ?? lookUp("postgres") ?? lookUp("hestia") ?? createAccount();
  if (found) return { ...found, switched: true };
  throw databaseError(
    "database_unsuitable",
    "PostgreSQL does not run as root and there is no other account to run it as; create one named hestia.",
  );
}

function ownerOf(dataDir: string): { uid: number; gid: number } | undefined {
  const found = statSync(dataDir, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

function lookUp(name: string): { uid: number; gid: number } | undefined {
  try {
    const number = (flag: string) =>
      Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { uid: number("-u"), gid: number("-g") };
  } catch {
    return undefined;
  }
}

function createAccount(): { uid: number; gid: number } | undefined {
  try {
    const shell = "/usr/sbin/nologin";
    execFileSync("useradd", ["--system", "--no-create-home", "--shell", shell, "hestia"], {
      stdio: "pipe",
    });
  } catch {
    // no useradd here (Alpine, macOS) or a read-only /etc: nobody is there everywhere
  }
  return lookUp("hestia") ?? lookUp("nobody");
}

/** How `spawn` is told to run a program as the account. */
export function spawnAs(account: Account): { uid?: number; gid?: number } {
  return account.switched ? { uid: account.uid, gid: account.gid } : {};
}

/** Whether the account can enter a folder: asked of the system itself, because modes, ACLs and mounts all have a say. */
export function canEnter(account: Account, folder: string): Promise<boolean> {
  const options = { ...spawnAs(account), cwd: "/" };
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", 'cd -- "$1"', "sh", folder], options, (error) => resolve(!error));
  });
}

/**
 * Gives a file, or a folder and everything in it, to the account. A folder comes after what it holds, so that one
 * which the account has already was given completely.
 */
export function give(account: Account, path: string): void {
  const found = lstatSync(path);
  if (!account.switched || found.isSymbolicLink() || found.uid === account.uid) return;
  if (found.isDirectory()) for (const name of readdirSync(path)) give(account, join(path, name));
  chownSync(path, account.uid, account.gid);
}
