// Where the files of an embedded server really lie. Normally in the wanted folder; where the server's account cannot
// get there (a clone below /root), in a folder of its own elsewhere, to which a pointer file in the wanted one leads.
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Account, canEnter, give } from "./account.ts";
import { databaseError } from "./database-error.ts";
import { isPostmasterOf, readPostmaster, stopPostmaster } from "./postmaster.ts";

const pointerName = "moved-to";
const ownerName = "belongs-to";
const systemFolder = "/var/lib/hestia";

/** The files of one embedded server; `home` is the wanted folder or the one it was moved to. */
export type Place = {
  wanted: string;
  home: string;
  data: string;
  passwordFile: string;
  logFile: string;
};

/** Makes the folder where the account reaches it and says where everything in it lies. */
export async function makePlace(wanted: string, account: Account): Promise<Place> {
  const home = await reachableHome(wanted, account);
  give(account, home);
  chmodSync(home, 0o700);
  return {
    wanted,
    home,
    data: join(home, "data"),
    passwordFile: join(home, "password"),
    logFile: join(home, "server.log"),
  };
}

/** Where the data of a wanted folder lie, if they were made: there or where its pointer leads. */
export function findData(wanted: string): string | undefined {
  const data = join(pointedTo(wanted) ?? wanted, "data");
  return existsSync(data) ? realpathSync(data) : undefined;
}

/** Removes everything of a stopped server, wherever it lies. */
export function removePlace(wanted: string): void {
  const elsewhere = pointedTo(wanted);
  if (elsewhere) rmSync(elsewhere, { recursive: true, force: true });
  rmSync(wanted, { recursive: true, force: true });
  try {
    if (elsewhere && dirname(elsewhere) === systemFolder) rmdirSync(systemFolder);
  } catch {
    // other servers' data are in it
  }
}

async function reachableHome(wanted: string, account: Account): Promise<string> {
  const known = knownHome(wanted);
  if (known === undefined && (await canEnter(account, dirname(wanted)))) return wanted;
  const home = known ?? (await makeElsewhere(wanted, account));
  writeFileSync(join(home, ownerName), `${wanted}\n`, { mode: 0o600 });
  writeFileSync(join(wanted, pointerName), `${home}\n`, { mode: 0o644 });
  return home;
}

/** The home that the wanted folder points to, unless a copied folder brought the pointer: then it is the other's. */
function knownHome(wanted: string): string | undefined {
  const home = pointedTo(wanted);
  if (home === undefined || !existsSync(home)) return undefined;
  const owner = readText(join(home, ownerName)) ?? wanted;
  return owner !== wanted && existsSync(join(owner, pointerName)) ? undefined : home;
}

function pointedTo(wanted: string): string | undefined {
  return readText(join(wanted, pointerName));
}

function readText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

async function makeElsewhere(wanted: string, account: Account): Promise<string> {
  const name = createHash("sha256").update(wanted).digest("hex").slice(0, 16);
  for (const home of [join(systemFolder, name), join(tmpdir(), `hestia-${name}`)]) {
    try {
      mkdirSync(dirname(home), { recursive: true, mode: 0o755 });
      if (!(await canEnter(account, dirname(home)))) continue;
      if (existsSync(home)) await clearAway(home, account);
      mkdirSync(home, { mode: 0o700 });
      return home;
    } catch (error) {
      if (!["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? ""))
        throw error;
    }
  }
  throw databaseError(
    "database_unsuitable",
    "The account that runs PostgreSQL can reach no folder for its data; set HESTIA_DATA to one that it can reach.",
  );
}

/** The wanted folder was deleted and made again: what it pointed to then is deleted, too, as it would be in there. */
async function clearAway(home: string, account: Account): Promise<void> {
  refuseForeign(home, account);
  const data = join(home, "data");
  const found = readPostmaster(data);
  if (found && isPostmasterOf(found.pid, data)) await stopPostmaster(found.pid, data);
  rmSync(home, { recursive: true, force: true });
}

/** The temporary folder is everybody's: what somebody else laid there under our name is not ours to fill. */
function refuseForeign(home: string, account: Account): void {
  const found = lstatSync(home);
  if (found.isDirectory() && [0, account.uid].includes(found.uid)) return;
  throw databaseError(
    "database_unsuitable",
    `${home} belongs to somebody else; remove it or set HESTIA_DATA to another folder.`,
  );
}
