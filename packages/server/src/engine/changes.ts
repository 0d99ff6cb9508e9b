// Waiting for operations to change: woken by the database's notice, and every second besides, because a notice is a
// hint that may be lost. Waiters are bounded by their own deadlines.
import { setTimeout as delay } from "node:timers/promises";

/** The news of operations within one process. */
export type Changes = {
  /** Wakes whoever waits for this operation, or with no id everyone. */
  announce(operationId?: string): void;
  /** Hears of whatever is announced, until the returned function is called. */
  listen(listener: (operationId?: string) => void): () => void;
  /** Resolves when the operation may have changed, a second has passed, or the signal is aborted. */
  next(operationId: string, signal?: AbortSignal): Promise<void>;
};

const pollMs = 1_000;

/** Makes the news of one process. */
export function makeChanges(): Changes {
  const waiting = new Map<string, Set<() => void>>();
  const listeners = new Set<(operationId?: string) => void>();
  const wake = (operationId: string) => {
    const waiters = waiting.get(operationId);
    waiting.delete(operationId);
    for (const waiter of waiters ?? []) waiter();
  };
  return {
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    announce: (operationId) => {
      for (const listener of listeners) listener(operationId);
      if (operationId !== undefined) wake(operationId);
      else for (const each of [...waiting.keys()]) wake(each);
    },
    next: async (operationId, signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiters = waiting.get(operationId) ?? new Set();
      waiting.set(operationId, waiters.add(resolve));
      const timer = new AbortController();
      const given = signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]);
      await Promise.race([promise, delay(pollMs, undefined, { signal: given }).catch(() => {})]);
      timer.abort();
      waiters.delete(resolve);
      if (waiters.size === 0 && waiting.get(operationId) === waiters) waiting.delete(operationId);
    },
  };
}
