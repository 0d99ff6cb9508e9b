// A tenant's connections as a pg.Pool: what Kysely, Drizzle, Prisma, TypeORM and Knex are given.
// Invariant: whoever asks is found out anew for every statement and every client, and a client stays with that tenant.

import type { EventEmitter } from "node:events";
import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Tenant } from "../tenant.ts";
import { isSubmittable, readQuery, settle } from "./asked.ts";
import { checkName, TenantClient } from "./tenant-client.ts";

type Connected = (
  error: Error | undefined,
  client?: TenantClient,
  release?: TenantClient["release"],
) => void;

/** pg's own pool, of which instanceof, the events and the query of submittables are kept. */
const BasePool = pg.Pool as unknown as new (
  options: pg.PoolConfig,
) => EventEmitter & {
  ending: boolean;
  ended: boolean;
  query(...given: unknown[]): unknown;
};

/** See the file's head. It is a `pg.Pool` also to those that ask by `instanceof`, but opens nothing of its own. */
export class TenantPool extends BasePool {
  /** Whether each statement may be another tenant's. */
  readonly isAmbient: boolean;
  readonly #find: () => Promise<Tenant>;
  readonly #names = new Map<string, string>();
  #held = 0;
  #waiting = 0;
  #ended: (() => void) | undefined;

  constructor(
    find: () => Promise<Tenant>,
    { connectionsMax, isAmbient = false }: { connectionsMax: number; isAmbient?: boolean },
  ) {
    super({ max: connectionsMax });
    this.#find = find;
    this.isAmbient = isAmbient;
  }

  /** Clients that are held. */
  get totalCount(): number {
    return this.#held;
  }

  /** None: what is free is free for every tenant. */
  get idleCount(): number {
    return 0;
  }

  get waitingCount(): number {
    return this.#waiting;
  }

  get expiredCount(): number {
    return 0;
  }

  /** As `pg.Pool.query`: one statement on whatever connection is free, in one round trip with its scope. */
  override query(config: unknown, values?: unknown, callback?: unknown): unknown {
    if (typeof config === "function") return super.query(config, values, callback);
    // Nobody would tell when it may be given back.
    if (isSubmittable(config))
      return Promise.reject(
        new HestiaError("statement_refused", {
          rule: "a cursor or stream needs a client of its own: ask connect() for one",
        }),
      );
    const { statement, callback: done } = readQuery(config, values, callback);
    const run = async () => {
      this.#checkOpen();
      checkName(this.#names, statement);
      return (await this.#find()).query(statement);
    };
    return settle(run(), done, undefined);
  }

  /** As `pg.Pool.connect`: holds a connection until its release. */
  connect(callback?: Connected): Promise<TenantClient> | undefined {
    const connecting = this.#hold();
    if (!callback) return connecting;
    connecting.then(
      (client) => setImmediate(() => callback(undefined, client, client.release.bind(client))),
      (error: Error) => setImmediate(() => callback(error, undefined, () => {})),
    );
    return undefined;
  }

  async #hold(): Promise<TenantClient> {
    this.#checkOpen();
    this.#waiting += 1;
    try {
      const session = await (await this.#find()).session();
      this.#held += 1;
      const client: TenantClient = new TenantClient(session, {
        names: new Map(),
        onRelease: (destroy) => this.#released(client, destroy),
      });
      this.emit("acquire", client);
      return client;
    } finally {
      this.#waiting -= 1;
    }
  }

  #released(client: TenantClient, destroy?: Error | boolean): void {
    this.#held -= 1;
    this.emit("release", destroy, client);
    if (this.#held === 0) this.#ended?.();
  }

  /** As `pg.Pool.end`: takes nothing more, and waits for what is held. The connections stay with Hestia. */
  end(callback?: (error?: Error) => void): Promise<void> | undefined {
    if (this.ending) {
      const error = new Error("Called end on pool more than once");
      if (!callback) return Promise.reject(error);
      callback(error);
      return undefined;
    }
    this.ending = true;
    const ending = new Promise<void>((resolve) => {
      this.#ended = () => {
        this.ended = true;
        resolve();
      };
      if (this.#held === 0) this.#ended();
    });
    if (!callback) return ending;
    void ending.then(() => callback());
    return undefined;
  }

  #checkOpen(): void {
    if (this.ending) throw new Error("Cannot use a pool after calling end on the pool");
  }
}
