// The server's log: one file that the server appends to and that never outgrows its bound, since what passes the bound
// moves to a second file. The server keeps its file open, so its text is moved, not the file.
import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from "node:fs";
import { type Account, give } from "./account.ts";

const bytesMax = 10 * 1024 * 1024;

/** Opens the log for the server to append to. The caller closes it. */
export function openLog(file: string, account: Account): number {
  const handle = openSync(file, "a", 0o600);
  give(account, file);
  return handle;
}

/** The size of the log now: where the messages of the next start begin. */
export function logSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What the server wrote from `offset` on, at most the last 64 KiB of it. */
export function readLog(file: string, offset: number): string {
  const size = logSize(file);
  const from = Math.max(Math.min(offset, size), size - 65_536);
  const buffer = Buffer.alloc(size - from);
  const handle = openSync(file, "r");
  try {
    return buffer.toString("utf8", 0, readSync(handle, buffer, 0, buffer.length, from));
  } finally {
    closeSync(handle);
  }
}

/** Keeps the log within its bound for as long as this process lives. Returns how to stop. */
export function boundLog(file: string, account: Account): () => void {
  const check = () => {
    if (logSize(file) <= bytesMax) return;
    copyFileSync(file, `${file}.old`);
    give(account, `${file}.old`);
    truncateSync(file);
  };
  check();
  const timer = setInterval(() => {
    try {
      check();
    } catch {
      // a full disk must not end the process; the next round tries again
    }
  }, 30_000).unref();
  return () => clearInterval(timer);
}

/** The server's own reason for not starting, if it gave one. */
export function fatalReason(log: string): string | undefined {
  return log.match(/(?:FATAL|PANIC): +(.+)/)?.[1];
}
