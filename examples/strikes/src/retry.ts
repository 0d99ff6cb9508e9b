// Trying again while the control plane or the database is away. Invariant: only what may pass by itself is tried again,
// and not for ever.
import { setTimeout as delay } from "node:timers/promises";
import { isHestiaError } from "@hestia/core";

/** How to try again. */
export type RetryOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Told in one sentence what is waited for, once each time. */
  readonly onWait?: ((sentence: string) => void) | undefined;
  /** How long to go on trying. */
  readonly boundMs?: number | undefined;
};

const defaultBoundMs = 60_000;
const pauseMs = { first: 100, last: 3_000 };

/** Runs the work; runs it again after a growing pause for as long as what it needs is unavailable. */
export async function retrying<T>(
  work: () => Promise<T>,
  { signal, onWait, boundMs = defaultBoundMs }: RetryOptions = {},
): Promise<T> {
  const deadline = performance.now() + boundMs;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.last)) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayPass(error) || performance.now() + pause > deadline) throw error;
      onWait?.(`${error.message} Trying again.`);
      await delay(pause, undefined, { signal });
    }
  }
}

/** A database that is not suitable stays so, whatever its kind of error. */
function mayPass(error: unknown): error is Error {
  if (!isHestiaError(error) || isHestiaError(error, "database_unsuitable")) return false;
  return error.kind === "unavailable" || error.kind === "limited";
}
