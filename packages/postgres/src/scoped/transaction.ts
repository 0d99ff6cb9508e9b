// An explicit transaction of a tenant. BEGIN and the scope travel with the first statement.
// Invariant: it ends by COMMIT or ROLLBACK, or its connection is closed.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { scopeCode, translate } from "../failures.ts";
import { type HeldClient, isIdle, type ScopedPool, send } from "./scoped-pool.ts";
import type { Statement } from "./scoped-query.ts";
import { checkStatement } from "./statement-rule.ts";

/** How a transaction runs; PostgreSQL's own terms. */
export type TransactionOptions = {
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
};

/** What a transaction needs to begin; `renew` gives another key after the first was refused as unknown. */
export type TransactionScope = {
  readonly pool: ScopedPool;
  readonly place: string;
  key(): Promise<string>;
  renew(): Promise<string>;
};

/** Sends statements of one open transaction, in order. */
export class ScopedTransaction {
  readonly #scope: TransactionScope;
  readonly #begin: string;
  #held: HeldClient | undefined;
  /** The key that the transaction's scope was entered with. */
  #key = "";
  #failure: unknown;
  #over = false;
  #line: Promise<unknown> = Promise.resolve();

  constructor(scope: TransactionScope, options: TransactionOptions) {
    this.#scope = scope;
    this.#begin = beginText(options);
  }

  /** Runs one statement; the first one opens the transaction. Statements asked for at once run one after another. */
  query(statement: Statement): Promise<pg.QueryResult> {
    checkStatement(statement.text);
    const turn = this.#line.then(() => this.#run(statement));
    this.#line = turn.catch(() => {});
    return turn;
  }

  /** Runs the work; a failure undoes only what the work did. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = "hestia_savepoint";
    await this.#control(`savepoint ${name}`);
    try {
      const result = await work();
      await this.#control(`release savepoint ${name}`);
      return result;
    } catch (error) {
      await this.#control(`rollback to savepoint ${name}`);
      await this.#control(`release savepoint ${name}`);
      this.#failure = undefined;
      throw error;
    }
  }

  /** Commits; throws what aborted the transaction, should the work have kept it to itself. */
  async commit(): Promise<void> {
    await this.#line;
    this.#over = true;
    if (!this.#held) return;
    if (this.#failure !== undefined) {
      await this.rollback();
      throw this.#failure;
    }
    const held = this.#held;
    this.#held = undefined;
    try {
      await sendOn(held.client, { text: "commit" }, { place: this.#scope.place, named: false });
    } catch (error) {
      throw translate(error);
    } finally {
      held.release();
    }
  }

  /** Rolls back and gives the connection back; never throws. */
  async rollback(): Promise<void> {
    await this.#line;
    this.#over = true;
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    try {
      await sendOn(held.client, { text: "rollback" }, { place: this.#scope.place, named: false });
    } catch {
      // The connection is closed by its release: what was open on it ends there.
    }
    held.release();
  }

  #control(text: string): Promise<pg.QueryResult> {
    const turn = this.#line.then(() => this.#run({ text }, true));
    this.#line = turn.catch(() => {});
    return turn;
  }

  async #run(statement: Statement, isControl = false): Promise<pg.QueryResult> {
    const named = this.#scope.pool.named && !isControl;
    if (this.#over) throw new HestiaError("statement_refused", { rule: "the transaction is over" });
    try {
      if (!this.#held) return await this.#open(statement, named);
      // A BEGIN that was itself cancelled leaves no transaction: nothing may run in its place.
      if (isIdle(this.#held.client)) throw this.#failure;
      const { place } = this.#scope;
      // Every statement asks again whether the tenant may still be entered.
      const scope = isControl ? {} : { key: this.#key };
      return await sendOn(this.#held.client, statement, { place, named, ...scope });
    } catch (error) {
      this.#failure ??= translate(error);
      throw translate(error);
    }
  }

  async #open(statement: Statement, named: boolean): Promise<pg.QueryResult> {
    const { pool, place } = this.#scope;
    this.#held = await pool.hold();
    const envelope = { place, named, before: [this.#begin, ...pool.before] };
    this.#key = await this.#scope.key();
    try {
      return await sendOn(this.#held.client, statement, { ...envelope, key: this.#key });
    } catch (error) {
      if (scopeCode(error) !== "HT001") throw error;
      // The key may have gone with a restore or a failover: nothing has happened yet, so another one may try.
      await sendOn(this.#held.client, { text: "rollback" }, { place, named: false });
      this.#key = await this.#scope.renew();
      return sendOn(this.#held.client, statement, { ...envelope, key: this.#key });
    }
  }
}

function beginText({ isolation, readOnly }: TransactionOptions): string {
  return `begin${isolation ? ` isolation level ${isolation}` : ""}${readOnly ? " read only" : ""}`;
}

function sendOn(
  client: pg.PoolClient,
  statement: Statement,
  envelope: Parameters<typeof send>[2],
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    send(client, statement, envelope, (error, result) => {
      if (error) reject(error);
      else resolve(result as pg.QueryResult);
    });
  });
}
