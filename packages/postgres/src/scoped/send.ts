// What goes out on a scoped connection, and how much may come back at once.

import type { Socket } from "node:net";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { stateOf } from "./connection-state.ts";
import { type Envelope, ScopedQuery, type Statement } from "./scoped-query.ts";

/** A client that is out of the pool. */
export type HeldClient = {
  readonly client: pg.Client;
  /** Gives it back; one that is not idle, or that shall go, is closed. */
  release(destroy?: Error | boolean): void;
};

const counters = new WeakMap<object, (chunk: Buffer) => void>();

/** Counts ahead of pg's parser, which would first put a message of any size together. */
export function boundResult(client: pg.ClientBase, bytesMax: number): void {
  const stream = streamOf(client);
  const state = stateOf(client);
  const count = (chunk: Buffer) => {
    state.resultBytes += chunk.length;
    if (state.resultBytes > bytesMax)
      stream.destroy(new HestiaError("result_too_large", { bytesMax }));
  };
  counters.set(client, count);
  stream.prependListener("data", count);
}

/** Lifts the bound while a result streams; the returned function sets it again. */
export function unbound(client: pg.ClientBase): () => void {
  const stream = streamOf(client);
  const count = counters.get(client);
  if (!count) return () => {};
  stream.removeListener("data", count);
  return () => {
    stateOf(client).resultBegins();
    stream.prependListener("data", count);
  };
}

/** The socket, or what TLS made of it. */
export const streamOf = (client: pg.ClientBase) =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** Sends one message; `done` is called when the connection's state is known again. */
export function send(
  client: pg.ClientBase,
  statement: Statement,
  envelope: Envelope,
  done: (error: Error | undefined, result: pg.QueryResult | undefined) => void,
): void {
  let query: ScopedQuery;
  try {
    query = new ScopedQuery(client, statement, envelope, done);
  } catch (cause) {
    done(
      new HestiaError(
        "statement_refused",
        { rule: `a value cannot be sent: ${(cause as Error).message}` },
        { cause },
      ),
      undefined,
    );
    return;
  }
  (client as unknown as { query(query: ScopedQuery): void }).query(query);
}

type Status = {
  getTransactionStatus(): string | null;
  _queryable: boolean;
  _activeQuery: unknown;
  _queryQueue: readonly unknown[];
  readyForQuery: boolean;
};

/** "I" outside a transaction, "T" inside, "E" inside a failed one; null before the first answer. */
export function transactionStatus(client: pg.ClientBase): string | null {
  return (client as unknown as Status).getTransactionStatus();
}

/** True when the connection is outside any transaction. */
export function isIdle(client: pg.ClientBase): boolean {
  return (client as unknown as Status)._queryable && transactionStatus(client) === "I";
}

/** True when another may have the connection: what runs or waits on it would run on after its caller gave it back. */
export function isAtRest(client: pg.ClientBase): boolean {
  const { _activeQuery, _queryQueue, readyForQuery } = client as unknown as Status;
  return isIdle(client) && readyForQuery && !_activeQuery && _queryQueue.length === 0;
}
