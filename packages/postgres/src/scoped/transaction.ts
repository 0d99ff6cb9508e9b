// An explicit transaction of a tenant, run by the library. BEGIN travels with the first statement.
// Invariant: it ends by COMMIT or ROLLBACK, or its connection is closed.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import type { Statement } from "./scoped-query.ts";
import { ScopedSession, type SessionScope } from "./session.ts";
import { checkStatement } from "./statement-rule.ts";

/** How a transaction runs; PostgreSQL's own terms. */
export type TransactionOptions = {
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
};

/** Sends statements of one open transaction, in order. */
export class ScopedTransaction {
  readonly #scope: SessionScope;
  readonly #begin: string;
  #session: ScopedSession | undefined;
  #failure: unknown;
  #over = false;
  #line: Promise<unknown> = Promise.resolve();

  constructor(scope: SessionScope, options: TransactionOptions) {
    this.#scope = scope;
    this.#begin = beginText(options);
  }

  /** Runs one statement; the first one opens the transaction. Statements asked for at once run one after another. */
  query(statement: Statement): Promise<pg.QueryResult> {
    checkStatement(statement.text);
    return this.#inTurn(statement);
  }

  /** Runs the work; a failure undoes only what the work did. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = "hestia_savepoint";
    await this.#inTurn({ text: `savepoint ${name}` });
    try {
      const result = await work();
      await this.#inTurn({ text: `release savepoint ${name}` });
      return result;
    } catch (error) {
      await this.#inTurn({ text: `rollback to savepoint ${name}` });
      await this.#inTurn({ text: `release savepoint ${name}` });
      this.#failure = undefined;
      throw error;
    }
  }

  /** Commits; throws what aborted the transaction, should the work have kept it to itself. */
  async commit(): Promise<void> {
    await this.#line;
    if (this.#failure !== undefined) {
      await this.rollback();
      throw this.#failure;
    }
    await this.#end("commit");
  }

  /** Rolls back and gives the connection back; never throws. */
  async rollback(): Promise<void> {
    await this.#line;
    // A connection that fails here is closed by its release: what was open on it ends there.
    await this.#end("rollback").catch(() => {});
  }

  async #end(text: "commit" | "rollback"): Promise<void> {
    this.#over = true;
    const session = this.#session;
    this.#session = undefined;
    try {
      await session?.query({ text });
    } finally {
      session?.release();
    }
  }

  #inTurn(statement: Statement): Promise<pg.QueryResult> {
    const turn = this.#line.then(() => this.#run(statement));
    this.#line = turn.catch(() => {});
    return turn;
  }

  async #run(statement: Statement): Promise<pg.QueryResult> {
    if (this.#over) throw new HestiaError("statement_refused", { rule: "the transaction is over" });
    try {
      return await (await this.#open()).query(statement);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async #open(): Promise<ScopedSession> {
    if (this.#session) {
      // A BEGIN that was itself cancelled leaves no transaction: nothing may run in its place.
      if (this.#session.isIdle) throw this.#failure;
      return this.#session;
    }
    this.#session = await ScopedSession.open(this.#scope);
    await this.#session.query({ text: this.#begin });
    return this.#session;
  }
}

function beginText({ isolation, readOnly }: TransactionOptions): string {
  return `begin${isolation ? ` isolation level ${isolation}` : ""}${readOnly ? " read only" : ""}`;
}
