// Lets one process install while others wait. The lock names its owner by pid and birth, so that one left behind by a
// killed install is recognised. It repeats pid-lock.ts of the embedded server: here no TypeScript can be read yet.
import { randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Resolves to the lock, or to undefined once somebody else has done the work. */
export async function takeInstallLock(folder, { isDone, onWait }) {
  const file = path.join(folder, "owner");
  const mine = describe(process.pid);
  let said;
  while (!createFile(file, mine)) {
    const owner = readText(file);
    if (owner !== undefined && !isHeld(owner)) takeAway(file, owner);
    else {
      if (owner !== undefined && owner !== said) onWait(Number.parseInt(owner, 10));
      said = owner ?? said;
      await delay(200);
      if (readText(file) === undefined && isDone()) return undefined;
    }
  }
  return makeLock(folder, file, mine);
}

function makeLock(folder, file, mine) {
  let text = mine;
  return {
    /** Makes the installing process the owner: if we are killed and it is not, the next one waits for it. */
    handTo(pid) {
      const draft = `${file}.${randomUUID()}`;
      writeFileSync(draft, describe(pid));
      text = readText(draft);
      renameSync(draft, file);
    },
    release() {
      if (readText(file) === text) rmSync(file, { force: true });
      removeIfEmpty(folder);
    },
  };
}

function describe(pid) {
  return `${pid} ${birthOf(pid)} ${randomUUID()}`;
}

function isHeld(owner) {
  const [pid, birth] = owner.split(" ");
  return birthOf(Number(pid)) === birth;
}

/** Something that differs between two processes that had the same pid; "" where it cannot be read; undefined if it is dead. */
function birthOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return undefined;
  }
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return "";
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

/** Makes the file with its text in it at once, so that nobody reads an empty one. */
function createFile(file, text) {
  const draft = `${file}.${randomUUID()}`;
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    writeFileSync(draft, text);
    linkSync(draft, file);
    return true;
  } catch (error) {
    // ENOENT: the last owner removed the folder between our two steps
    if (error.code === "EEXIST" || error.code === "ENOENT") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of several that find a dead owner one removes its lock, after reading it again: a new owner's is not touched. */
function takeAway(file, owner) {
  const guard = `${file}.takeover`;
  if (!createFile(guard, "")) {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 10_000) rmSync(guard, { force: true });
    return;
  }
  try {
    if (readText(file) === owner) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function removeIfEmpty(folder) {
  try {
    rmdirSync(folder);
  } catch {
    // somebody else is taking the lock
  }
}

function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
