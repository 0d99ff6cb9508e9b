// A lock held by a process: a file with its pid and birth. One that its owner left behind (kill -9, power cut, the pid
// now another program's) is recognised and taken over; a living owner is never pushed aside.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { databaseError } from "./database-error.ts";

/** A lock that this process holds until it releases it or ends, however it ends. */
export type PidLock = { release(): void };

/** Takes the lock `file`, or tells which living process holds it. */
export function tryPidLock(file: string): PidLock | { holder: number } {
  const mine = `${process.pid} ${processBirth(process.pid)} ${randomUUID()}\n`;
  for (;;) {
    if (createFile(file, mine)) {
      return { release: () => void (readText(file) === mine && rmSync(file, { force: true })) };
    }
    const holder = readText(file);
    if (holder !== undefined && isHeld(holder)) return { holder: Number.parseInt(holder, 10) };
    if (holder !== undefined) takeAway(file, holder);
  }
}

/** Runs `work` while this process alone holds the lock `file`; waits for another holder up to `waitMs`. */
export async function withPidLock<T>(
  file: string,
  { waitMs, onWait }: { waitMs: number; onWait: (pid: number) => void },
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (let lock = tryPidLock(file); ; lock = tryPidLock(file)) {
    if ("release" in lock) return work().finally(lock.release);
    if (Date.now() > deadline) {
      throw databaseError(
        "database_unavailable",
        `Process ${lock.holder} has been starting PostgreSQL in this folder for too long; end it and try again.`,
      );
    }
    onWait(lock.holder);
    await delay(50);
  }
}

/** When a process was born, in a form only good for comparing, or undefined where it does not live (any more). */
export function processBirth(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another account
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  return process.platform === "linux" ? birthOnLinux(pid) : birthByPs(pid);
}

function birthOnLinux(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // the program's name, in brackets, may hold anything: count from behind it
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === undefined || state === "Z" || state === "X" ? undefined : started;
}

function birthByPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
    });
    return line.startsWith("Z") ? undefined : line.trim().split(/\s+/).slice(1).join("_");
  } catch {
    return undefined;
  }
}

function isHeld(holder: string): boolean {
  const [pid, birth] = holder.trim().split(" ");
  return birth !== undefined && processBirth(Number(pid)) === birth;
}

/** Makes the file with its text in it at once: an empty one, seen between two steps, would look like a dead owner's. */
function createFile(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}.${randomUUID()}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Two may find the same dead owner. Only the holder of the second file removes the first, and only after reading it
 * again, so that a lock somebody has just made is not taken for the dead one. It is held for microseconds.
 */
function takeAway(file: string, holder: string): void {
  const guard = `${file}.takeover`;
  if (!createFile(guard, "")) {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 10_000) rmSync(guard, { force: true });
    return;
  }
  try {
    if (readText(file) === holder) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
