// The connections to one cluster, within one budget, whatever databases they go to. Each tenant has a line of its own;
// whoever holds least of its share is next. Connections to databases that nobody asks for make room for those in demand.
// Invariant: open and opening connections never exceed the budget, and a connection goes back, or on with what is in flight
// behind a statement, only when PostgreSQL says that it is idle; else it is closed, and a transaction is left open on purpose so that a pooler drops the server's side.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import type { Envelope, Statement } from "../scoped/scoped-query.ts";
import { type HeldClient, isAtRest, isIdle, send, streamOf } from "../scoped/send.ts";
import {
  type BrokerOptions,
  type Connection,
  endClient,
  noResets,
  openConnection,
  resets,
} from "./connection.ts";
import { FairShare } from "./fair-share.ts";
import type { BrokerGauges, Lane, Target } from "./lane.ts";
import {
  gaugesOf,
  type Line,
  makePool,
  mayOpen,
  nextLogin,
  noteFailure,
  type Pool,
  type Request,
} from "./line.ts";
import { Relief, shallowest, wasRelieved } from "./pipeline.ts";

/** How long a request waits for its own database's turn before another's idle connection is closed for it in any case. */
const patienceMs = 50;
/** How long closing waits for statements that run and clients that are held. */
const closeWaitMs = 10_000;
const [idleMs, sweepMs] = [60_000, 250];

/** See the file's head. */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #resets: Pick<Lane, "before" | "beforeInBlock">;
  readonly #share: FairShare<Line>;
  readonly #lines = new Map<string, Line>();
  readonly #pools = new Map<string, Pool>();
  readonly #relief: Relief;
  /** Whatever the server counts: opening, open and closing. */
  #connections = 0;
  #idle = 0;
  #waiting = 0;
  /** Openings to databases to which no connection is open. */
  #unproven = 0;
  #refused = 0;
  #timedOut = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closed: (() => void) | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#resets = options.resets ? resets : noResets;
    const { connectionsMax, tenantConnectionsMax, pipelineMax } = options;
    this.#relief = new Relief(options, () => this.#open());
    this.#share = new FairShare(connectionsMax, tenantConnectionsMax, connectionsMax * pipelineMax);
  }

  /** The tenant's way to a database; `weight` is its part beside other tenants'. */
  lane(tenantId: string, target: Target, weight = 1): Lane {
    return {
      named: this.#options.named,
      ...this.#resets,
      run: (statement, envelope) =>
        this.#run(this.#line(tenantId, target, weight), statement, envelope),
      hold: () => this.#hold(this.#line(tenantId, target, weight)),
    };
  }

  #line(tenantId: string, target: Target, weight: number): Line {
    const known = this.#lines.get(tenantId);
    if (known?.pool.target.database === target.database) {
      known.weight = weight;
      return known;
    }
    const line: Line = { tenantId, weight, active: 0, waiting: [], pool: this.#pool(target) };
    this.#lines.set(tenantId, line);
    return line;
  }

  #pool(target: Target): Pool {
    let pool = this.#pools.get(target.database);
    if (!pool) {
      pool = makePool(target);
      this.#pools.set(target.database, pool);
    }
    return pool;
  }

  #run(
    line: Line,
    statement: Statement,
    envelope: Envelope,
    isAlone = false,
  ): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      const take = (connection: Connection) => {
        const done = (failure: Error | undefined, result: pg.QueryResult | undefined) => {
          this.#putBack(line, connection);
          if (wasRelieved(connection, failure)) resolve(this.#run(line, statement, envelope, true));
          else if (failure) reject(failure);
          else resolve(result as pg.QueryResult);
        };
        const isBehind = connection.inFlight > 1;
        const sent = send(connection.client, statement, envelope, done, isBehind);
        if (sent) connection.mayFollow = sent.isQuick && !isAlone;
      };
      this.#ask(line, { take, fail: reject, isAlone });
    });
  }

  #hold(line: Line): Promise<HeldClient> {
    return new Promise((resolve, reject) => {
      const take = (connection: Connection) => {
        let released = false;
        const release = (destroy?: Error | boolean) => {
          if (released) return;
          released = true;
          this.#putBack(line, connection, Boolean(destroy));
        };
        resolve({ client: connection.client, release });
      };
      this.#ask(line, { take, fail: reject, isAlone: true });
    });
  }

  #ask(line: Line, asked: Omit<Request, "askedAt">): void {
    const now = performance.now();
    this.#share.seen(line, now);
    const first = line.waiting.length === 0 && this.#share.mayHaveMore(line, now);
    const refusal = this.#refusal(line, now);
    // An application that tries again at once would else keep the loop, and with it our answers, to itself.
    if (refusal) return void setImmediate(asked.fail, refusal);
    const request = { ...asked, askedAt: now };
    const free = first ? this.#freeFor(line, request, now) : undefined;
    if (free) this.#give(line, free, request);
    else this.#queue(line, request, now);
  }

  #refusal({ pool, waiting }: Line, now: number): unknown {
    if (this.#closed) return new HestiaError("database_unavailable");
    if (pool.open.size === 0 && now < pool.closedUntil) return pool.failure;
    if (waiting.length < this.#options.waitingMax) return undefined;
    this.#refused += 1;
    return new HestiaError("tenant_busy", { retryAfterSeconds: 1 });
  }

  #queue(line: Line, request: Request, now: number): void {
    line.waiting.push(request);
    line.pool.waiting += 1;
    if (request.isAlone) line.pool.waitingAlone += 1;
    this.#waiting += 1;
    if (line.waiting.length === 1) this.#share.enter(line);
    this.#startSweeping();
    this.#serve(now);
  }

  #give(line: Line, connection: Connection, { take }: Request): void {
    if (connection.inFlight === 0) {
      line.pool.idle.pop();
      this.#idle -= 1;
      connection.mayFollow = false;
      connection.busySince = performance.now();
    } else this.#relief.watch();
    connection.inFlight += 1;
    line.active += 1;
    take(connection);
  }

  /** One that is idle, else, when no more can be opened, one that will soon be done with what is in flight on it. */
  #freeFor(line: Line, { isAlone }: Request, now: number): Connection | undefined {
    const { pool } = line;
    const mayTake = this.#share.mayTakePlace(line, this.#places);
    const idle = mayTake ? pool.idle.at(-1) : undefined;
    if (idle || isAlone || pool.waitingAlone > 0) return idle;
    if (mayTake && !this.#isFull(pool)) return undefined;
    return shallowest(pool.open, this.#options.pipelineMax, now);
  }

  #isFull({ open, opening, target }: Pool): boolean {
    const { connectionsMax } = this.#options;
    return this.#connections >= connectionsMax || open.size + opening >= target.connectionsMax;
  }

  /** Gives what is free to whoever is next, opens what is missing, and makes room for it where others are idle. */
  #serve(now: number): void {
    while (this.#waiting > 0 && this.#hasRoom) {
      const line = this.#share.next(now, (each) => this.#rank(each, now));
      if (!line) return;
      const free = this.#freeFor(line, line.waiting[0] as Request, now);
      if (free) this.#give(line, free, this.#unqueue(line));
      else if (this.#connections < this.#options.connectionsMax) void this.#openOne(line.pool);
      else void this.#openOne(line.pool, this.#closeOldest());
    }
  }

  /**
   * A connection that is there is used before another is closed to open one in its place, which takes long; but nobody
   * waits for that for ever.
   */
  #rank(line: Line, now: number): 0 | 1 | undefined {
    const { pool, waiting } = line;
    if (this.#freeFor(line, waiting[0] as Request, now)) return 0;
    const mayTake = this.#places > 0 && this.#share.mayTakePlace(line, this.#places);
    if (!mayTake || !this.#mayOpen(pool, now)) return undefined;
    const isLate = (waiting[0]?.askedAt ?? now) < now - patienceMs;
    return isLate || this.#connections < this.#options.connectionsMax ? 0 : 1;
  }

  *#open(): Iterable<Connection> {
    for (const { open } of this.#pools.values()) yield* open;
  }

  /** Connections that are idle, here or where they can make room, and those that may still be opened. */
  get #places(): number {
    return this.#idle + this.#options.connectionsMax - this.#connections;
  }

  get #hasRoom(): boolean {
    const { pipelineMax } = this.#options;
    if (this.#places > 0 || pipelineMax === 1) return this.#places > 0;
    return shallowest(this.#open(), pipelineMax, performance.now()) !== undefined;
  }

  #mayOpen(pool: Pool, now: number): boolean {
    return mayOpen(pool, { now: this.#unproven, budget: this.#options.connectionsMax }, now);
  }

  #unqueue(line: Line): Request {
    const request = line.waiting.shift() as Request;
    line.pool.waiting -= 1;
    if (request.isAlone) line.pool.waitingAlone -= 1;
    this.#waiting -= 1;
    if (line.waiting.length === 0) this.#share.leave(line);
    return request;
  }

  async #openOne(pool: Pool, room?: Promise<void>): Promise<void> {
    const unproven = pool.open.size === 0 ? 1 : 0;
    pool.opening += 1;
    this.#unproven += unproven;
    // The place of the one that was closed is this one's: nobody else may take it meanwhile.
    if (room) await room;
    else this.#connections += 1;
    let connection: Connection | undefined;
    try {
      connection = await openConnection(this.#options, pool.target, nextLogin(pool));
    } catch (error) {
      this.#connections -= 1;
      this.#openFailed(pool, error);
    }
    pool.opening -= 1;
    this.#unproven -= unproven;
    if (connection) this.#opened(pool, connection);
    this.#afterwards();
  }

  #opened(pool: Pool, connection: Connection): void {
    pool.failures = 0;
    pool.open.add(connection);
    connection.client.once("end", () => {
      if (!connection.replaced) this.#connections -= 1;
      pool.open.delete(connection);
      const at = pool.idle.indexOf(connection);
      if (at >= 0) {
        pool.idle.splice(at, 1);
        this.#idle -= 1;
      }
      this.#afterwards();
    });
    if (this.#closed) void endClient(connection.client);
    else this.#restFirst(pool, connection);
  }

  /**
   * Who waits for it has it first: where opening takes long all who wait are late, and would close each other's connections
   * before anyone has used them.
   */
  #restFirst(pool: Pool, connection: Connection): void {
    this.#rest(pool, connection);
    const line = this.#share.next(performance.now(), (each) =>
      each.pool === pool && this.#share.mayTakePlace(each, this.#places) ? 0 : undefined,
    );
    if (line) this.#give(line, connection, this.#unqueue(line));
  }

  /**
   * Twice in a row, and whoever waits for a database to which nothing is open hears why; until a moment later nobody
   * tries again.
   */
  #openFailed(pool: Pool, error: unknown): void {
    if (!noteFailure(pool, error) || pool.open.size > 0) return;
    for (const line of [...this.#share.lines].filter((each) => each.pool === pool))
      while (line.waiting.length > 0) this.#unqueue(line).fail(pool.failure);
  }

  /** Closes the connection that is idle longest; resolves when the server no longer counts it. */
  #closeOldest(): Promise<void> {
    const since = ({ idle }: Pool) => idle[0]?.idleSince ?? Number.POSITIVE_INFINITY;
    const pool = [...this.#pools.values()].reduce((best, each) =>
      since(each) < since(best) ? each : best,
    );
    const oldest = pool.idle.shift() as Connection;
    this.#idle -= 1;
    oldest.replaced = true;
    return this.#close(pool, oldest);
  }

  async #close(pool: Pool, connection: Connection): Promise<void> {
    pool.open.delete(connection);
    await endClient(connection.client);
  }

  #putBack(line: Line, connection: Connection, destroy = false): void {
    line.active -= 1;
    connection.inFlight -= 1;
    connection.busySince = performance.now();
    if (connection.inFlight > 0) {
      this.#goesOn(connection);
      return;
    }
    const { pool } = line;
    const rests =
      !destroy && !this.#closed && !connection.isRelieved && isAtRest(connection.client);
    if (pool.open.has(connection) && rests) this.#rest(pool, connection);
    else if (pool.open.has(connection)) void this.#close(pool, connection);
    this.#afterwards();
  }

  /** Others are in flight behind what is done. They would run in whatever transaction it left open. */
  #goesOn(connection: Connection): void {
    if (!isIdle(connection.client)) {
      connection.mayFollow = false;
      streamOf(connection.client).destroy();
    }
    this.#afterwards();
  }

  #rest(pool: Pool, connection: Connection): void {
    connection.idleSince = performance.now();
    pool.idle.push(connection);
    this.#idle += 1;
    this.#startSweeping();
  }

  #afterwards(): void {
    if (this.#closed && this.#connections === 0) this.#closed();
    else if (this.#waiting > 0) this.#serve(performance.now());
  }

  #startSweeping(): void {
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** Turns away who waited too long, closes what is idle for long, and forgets what is not in use. */
  #sweep(): void {
    const now = performance.now();
    for (const line of [...this.#share.lines])
      while ((line.waiting[0]?.askedAt ?? now) < now - this.#options.waitMs) {
        this.#timedOut += 1;
        this.#unqueue(line).fail(new HestiaError("database_busy", { retryAfterSeconds: 1 }));
      }
    for (const [name, pool] of this.#pools) {
      while ((pool.idle[0]?.idleSince ?? now) < now - idleMs) {
        this.#idle -= 1;
        void this.#close(pool, pool.idle.shift() as Connection);
      }
      if (pool.open.size + pool.opening + pool.waiting === 0 && now > pool.closedUntil)
        this.#pools.delete(name);
    }
    for (const [id, line] of this.#lines)
      if (line.active + line.waiting.length === 0) this.#lines.delete(id);
    // What waits may be served now: a database may be tried again, a tenant be alone.
    this.#afterwards();
    if (this.#waiting > 0 || this.#pools.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** What it is doing. */
  gauges(): BrokerGauges {
    return {
      ...gaugesOf([...this.#pools.values()], [...this.#lines.values()]),
      connectionsMax: this.#options.connectionsMax,
      waiting: this.#waiting,
      refused: this.#refused,
      timedOut: this.#timedOut,
    };
  }

  /** Takes nothing more, waits for what runs, and closes all connections; also those that nobody gives back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    clearInterval(this.#sweeper);
    for (const line of [...this.#share.lines])
      while (line.waiting.length > 0)
        this.#unqueue(line).fail(new HestiaError("database_unavailable"));
    for (const pool of this.#pools.values())
      for (const connection of pool.idle) void endClient(connection.client);
    const end = setTimeout(() => {
      for (const pool of this.#pools.values())
        for (const connection of pool.open) void endClient(connection.client);
    }, closeWaitMs);
    this.#afterwards();
    await closed;
    clearTimeout(end);
  }
}
