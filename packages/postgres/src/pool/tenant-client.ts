// A tenant's connection as tools that stand on pg know it: they ask, drive their own BEGIN and COMMIT, and release it.
// Invariant: it belongs to one tenant until its release, and answers nothing after that.

import { EventEmitter } from "node:events";
import { HestiaError } from "@hestia/core";
import pg from "pg";
import { transactionStatus } from "../scoped/send.ts";
import type { ScopedSession } from "../scoped/session.ts";
import type { Submittable } from "../scoped/submittable.ts";
import { type Asked, isSubmittable, readQuery, settle } from "./asked.ts";

const forwarded = ["error", "notice", "notification", "end"] as const;

/** See the file's head. Throws as `Tenant.query` does. */
export class TenantClient extends EventEmitter {
  readonly #session: ScopedSession;
  readonly #types = new TypeOverrides();
  readonly #names: Map<string, string>;
  readonly #onRelease: (destroy?: Error | boolean) => void;
  readonly #listeners: readonly (readonly [string, (...given: unknown[]) => void])[];
  #released = false;

  constructor(
    session: ScopedSession,
    {
      names,
      onRelease,
    }: { names: Map<string, string>; onRelease(destroy?: Error | boolean): void },
  ) {
    super();
    this.#session = session;
    this.#names = names;
    this.#onRelease = onRelease;
    this.#listeners = forwarded.map((event) => [event, (...given) => this.#forward(event, given)]);
    for (const [event, listener] of this.#listeners) session.client.on(event as "end", listener);
  }

  /** As `pg.Client.query`: text, config object, or a cursor or stream to submit; a callback or a promise. */
  query(config: unknown, values?: unknown, callback?: unknown): unknown {
    if (isSubmittable(config)) return this.#submit(config, values, callback);
    const { statement, callback: done } = readQuery(config, values, callback);
    return settle(this.#run(statement), done, null);
  }

  async #run(asked: Asked): Promise<pg.QueryResult> {
    if (this.#released) throw new Error("Client was released: ask the pool for another");
    checkName(this.#names, asked);
    const types = asked.types ?? this.#types.chosen;
    return this.#session.query(types ? { ...asked, types } : asked);
  }

  #submit(query: Submittable, values: unknown, callback: unknown): Submittable {
    if (this.#released) throw new Error("Client was released: ask the pool for another");
    const done = typeof values === "function" ? values : callback;
    if (!query.callback && done) query.callback = done;
    this.#session.submit(query);
    return query;
  }

  /**
   * Gives the connection back. One in an open transaction is closed, which rolls it back. Unlike pg's, a second release
   * does nothing: this client is its caller's alone, and Knex's streams release twice.
   */
  release(destroy?: Error | boolean): void {
    if (this.#released) return;
    this.#released = true;
    for (const [event, listener] of this.#listeners)
      this.#session.client.removeListener(event as "end", listener);
    this.#session.release(destroy);
    this.#onRelease(destroy);
  }

  /** It came connected. */
  connect(callback?: (error: undefined, client: this) => void): Promise<this> | undefined {
    if (!callback) return Promise.resolve(this);
    callback(undefined, this);
    return undefined;
  }

  /** A client of a pool is released, not ended. */
  end(): never {
    throw new HestiaError("statement_refused", { rule: "a pool's client is ended by release()" });
  }

  /** "I" outside a transaction, "T" inside, "E" inside a failed one. */
  getTransactionStatus(): string | null {
    return transactionStatus(this.#session.client);
  }

  /** The backend's process id. */
  get processID(): number | null {
    return (this.#session.client as unknown as { processID: number | null }).processID;
  }

  get database(): string | undefined {
    return this.#session.client.database;
  }

  get host(): string {
    return this.#session.client.host;
  }

  get port(): number {
    return this.#session.client.port;
  }

  get user(): string | undefined {
    return this.#session.client.user;
  }

  escapeIdentifier(text: string): string {
    return pg.escapeIdentifier(text);
  }

  escapeLiteral(text: string): string {
    return pg.escapeLiteral(text);
  }

  /** Chooses how values of a type are read, for this client until its release. */
  setTypeParser(oid: number, format: unknown, parse?: unknown): void {
    this.#types.set(oid, format, parse);
  }

  getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
    return this.#types.getTypeParser(oid, format);
  }

  #forward(event: string, given: unknown[]): void {
    // pg's client would end the process by an error that nobody hears; the statement that runs reports it anyway.
    if (event !== "error" || this.listenerCount("error") > 0) this.emit(event, ...given);
  }
}

const namesMax = 1_000;

/** As pg does: one name stands for one text. */
export function checkName(names: Map<string, string>, { name, text }: Asked): void {
  if (!name) return;
  const known = names.get(name);
  if (names.size >= namesMax) names.clear();
  if (known === undefined) names.set(name, text);
  else if (known !== text) {
    throw new Error(
      `Prepared statements must be unique - '${name}' was used for a different statement`,
    );
  }
}

type Parse = (value: string) => unknown;

/** The parsers that a client was told to use, before those of pg. */
class TypeOverrides {
  readonly #parsers = new Map<string, Parse>();

  /** Undefined while nothing was chosen: then columns that are known need no look-up. */
  get chosen(): pg.CustomTypesConfig | undefined {
    return this.#parsers.size === 0 ? undefined : (this as unknown as pg.CustomTypesConfig);
  }

  set(oid: number, format: unknown, parse?: unknown): void {
    const [kind, parser] = typeof format === "function" ? ["text", format] : [format, parse];
    this.#parsers.set(`${kind}:${oid}`, parser as Parse);
  }

  getTypeParser(oid: number, format: "text" | "binary" = "text"): Parse {
    return this.#parsers.get(`${format}:${oid}`) ?? pg.types.getTypeParser(oid, format as "text");
  }
}
