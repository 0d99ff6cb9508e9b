// What goes out on a scoped connection, and how much may come back at once.

import type { Socket } from "node:net";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { stateOf } from "./connection-state.ts";
import type { ResultBounds } from "./received-result.ts";
import { type Envelope, ScopedQuery, type Statement } from "./scoped-query.ts";

/** A client that is out of the pool. */
export type HeldClient = {
  readonly client: pg.Client;
  /** Gives it back; one that is not idle, or that shall go, is closed. */
  release(destroy?: Error | boolean): void;
};

const counters = new WeakMap<object, (chunk: Buffer) => void>();

/** Counts ahead of pg's parser, which would first put a message of any size together. */
export function boundResult(client: pg.Client, bounds: ResultBounds): void {
  const stream = streamOf(client);
  const { result } = stateOf(client);
  result.keepTo(bounds, (error) => stream.destroy(error));
  client.once("end", () => result.ends());
  const count = (chunk: Buffer) => result.received(chunk.length, isFollowed(client));
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
    stateOf(client).result.ends();
    stream.prependListener("data", count);
  };
}

/** The socket, or what TLS made of it. */
export const streamOf = (client: pg.ClientBase) =>
  (client as unknown as Internals).connection.stream;

const isFollowed = (client: pg.ClientBase) =>
  (client as unknown as Internals)._queryQueue.length > 0;

/**
 * Sends one message; `done` is called when the connection's state is known again. While others are in flight it goes
 * behind them at once. Returns what was sent, undefined where nothing was.
 */
export function send(
  client: pg.ClientBase,
  statement: Statement,
  envelope: Envelope,
  done: (error: Error | undefined, result: pg.QueryResult | undefined) => void,
  isBehind = false,
): ScopedQuery | undefined {
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
    return undefined;
  }
  const pgClient = client as unknown as Internals;
  if (isBehind && pgClient._queryable) {
    // pg gives the answers to what is in its queue, in order; all but the writing is left to it.
    const { stream } = pgClient.connection;
    // Whoever asks in the same moment travels in the same packet: most of what is won.
    if (!stream.writableCorked) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    query.write(pgClient.connection);
    pgClient._queryQueue.push(query);
  } else pgClient.query(query);
  return query;
}

type Internals = {
  query(query: ScopedQuery): void;
  connection: { stream: Socket } & Parameters<ScopedQuery["write"]>[0];
  getTransactionStatus(): string | null;
  _queryable: boolean;
  _activeQuery: unknown;
  _queryQueue: unknown[];
  readyForQuery: boolean;
};

/** "I" outside a transaction, "T" inside, "E" inside a failed one; null before the first answer. */
export function transactionStatus(client: pg.ClientBase): string | null {
  return (client as unknown as Internals).getTransactionStatus();
}

/** True when the connection is outside any transaction. */
export function isIdle(client: pg.ClientBase): boolean {
  const { _queryable, connection } = client as unknown as Internals;
  // Hung up on, it may still be told of the end of what it was hung up for.
  return _queryable && !connection.stream.destroyed && transactionStatus(client) === "I";
}

/** True when another may have the connection: what runs or waits on it would run on after its caller gave it back. */
export function isAtRest(client: pg.ClientBase): boolean {
  const { _activeQuery, _queryQueue, readyForQuery } = client as unknown as Internals;
  return isIdle(client) && readyForQuery && !_activeQuery && _queryQueue.length === 0;
}
