// Connections of one login to one database, on which only scoped statements run.
// Invariant: a connection goes back only when PostgreSQL says that it is idle; else it is closed,
// and a transaction is left open on purpose so that a pooler drops the server's side as well.

import type { Socket } from "node:net";
import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Login } from "../cluster/roles.ts";
import { translate } from "../failures.ts";
import { stateOf } from "./connection-state.ts";
import { type Envelope, enterText, ScopedQuery, type Statement } from "./scoped-query.ts";

/** Where the connections go. */
export type ScopedPoolOptions = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Several logins hide one connection's statements from another's tenant. */
  readonly logins: readonly Login[];
  readonly connectionsMax: number;
  readonly ssl?: pg.PoolConfig["ssl"];
  /** A result that is larger closes its connection: the process must not end with it. */
  readonly resultBytesMax: number;
  /** False behind a pooler without prepared statements. */
  readonly named: boolean;
  /** Where functions cannot be revoked, the session is reset before each scope. */
  readonly resets: boolean;
};

/** A client that is out of the pool. */
export type HeldClient = {
  readonly client: pg.PoolClient;
  /** Gives it back; one that is not idle, or that shall go, is closed. */
  release(destroy?: Error | boolean): void;
};

const idleTimeoutMs = 60_000;
const connectTimeoutMs = 10_000;

/** What a tenant could have left on the session where set_config and advisory locks stay callable. */
const resetStatements = ["reset all", "select pg_catalog.pg_advisory_unlock_all()"];

/** See the file's head. */
export class ScopedPool {
  readonly named: boolean;
  /** Statements that go before every scope. */
  readonly before: readonly string[];
  readonly #pools: readonly pg.Pool[];
  #next = 0;

  constructor(options: ScopedPoolOptions) {
    this.named = options.named;
    this.before = options.resets ? resetStatements : [];
    const logins = options.logins.slice(0, options.connectionsMax);
    const each = Math.floor(options.connectionsMax / logins.length);
    this.#pools = logins.map((login) => openPool(options, login, each));
  }

  /** Runs one message on a free connection. */
  run(statement: Statement, envelope: Envelope): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      this.#pool().connect((error, client, release) => {
        if (error || !client) return reject(translate(error));
        send(client, statement, envelope, (failure, result) => {
          putBack(client, release);
          if (failure) reject(failure);
          else resolve(result as pg.QueryResult);
        });
      });
    });
  }

  /** Takes a connection for a transaction. */
  async hold(): Promise<HeldClient> {
    try {
      const client = await this.#pool().connect();
      const release = (destroy?: Error | boolean) =>
        destroy ? client.release(destroy) : putBack(client, (broken) => client.release(broken));
      return { client, release };
    } catch (error) {
      throw translate(error);
    }
  }

  /** The pool with the shortest line. */
  #pool(): pg.Pool {
    const [only] = this.#pools;
    if (only && this.#pools.length === 1) return only;
    this.#next = (this.#next + 1) % this.#pools.length;
    const inTurn = this.#pools.map(
      (_, index) => this.#pools[(this.#next + index) % this.#pools.length] as pg.Pool,
    );
    return inTurn.reduce((best, pool) => (load(pool) < load(best) ? pool : best));
  }

  /** Closes all connections; waits for those that are out. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
  }
}

const load = (pool: pg.Pool) => pool.waitingCount + pool.totalCount - pool.idleCount;

function openPool(options: ScopedPoolOptions, login: Login, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    host: options.host,
    port: options.port,
    database: options.database,
    user: login.user,
    password: login.password,
    max: connectionsMax,
    idleTimeoutMillis: idleTimeoutMs,
    connectionTimeoutMillis: connectTimeoutMs,
    ssl: options.ssl,
    application_name: "hestia",
    onConnect: async (client: pg.ClientBase) => {
      if (options.named)
        await client.query({
          name: stateOf(client).enterName,
          text: enterText,
          values: [""],
        });
    },
  } as pg.PoolConfig);
  // An idle connection that is lost is replaced at the next use; one that is out tells its statement.
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    client.on("error", () => {});
    boundResult(client, options.resultBytesMax);
  });
  return pool;
}

const counters = new WeakMap<object, (chunk: Buffer) => void>();

/** Counts ahead of pg's parser, which would first put a message of any size together. */
function boundResult(client: pg.PoolClient, bytesMax: number): void {
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
export function unbound(client: pg.PoolClient): () => void {
  const stream = streamOf(client);
  const count = counters.get(client);
  if (!count) return () => {};
  stream.removeListener("data", count);
  return () => {
    stateOf(client).resultBegins();
    stream.prependListener("data", count);
  };
}

const streamOf = (client: pg.PoolClient) =>
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

type Status = { getTransactionStatus(): string | null };

/** True when nothing is open on the connection. */
export function isIdle(client: pg.PoolClient): boolean {
  return (client as unknown as Status).getTransactionStatus() === "I";
}

function putBack(client: pg.PoolClient, release: (broken?: boolean) => void): void {
  release(!isIdle(client));
}
