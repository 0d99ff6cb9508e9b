// What to do while a database does not answer: try again for a while, more and more slowly, and then let the queue try
// later. Everything else that goes wrong is final.
import { setTimeout as delay } from "node:timers/promises";
import { isHestiaError } from "@hestia/core";
import type { Run } from "./run.ts";

const patienceMs = 20_000;
const pauseMsMax = 2_000;

/** Repeats idempotent work while it fails with `database_unavailable`, up to a bound. */
export async function patiently<T>(
  { signal, platform, log }: Pick<Run, "signal" | "platform" | "log">,
  work: () => Promise<T>,
): Promise<T> {
  const until = platform.now().getTime() + patienceMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || signal.aborted || platform.now().getTime() > until) throw error;
      log.warn({ err: error }, "the database does not answer; trying again");
      // Those that were sent away together do not come back together.
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }
}

/** Tells whether the same work may well succeed later. */
export function isTransient(error: unknown): boolean {
  return isHestiaError(error, "database_unavailable");
}
