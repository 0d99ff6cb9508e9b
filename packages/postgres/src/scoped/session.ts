// One connection held for one tenant. Each statement runs in the tenant's scope, alone or in a transaction that the
// caller's own BEGIN and COMMIT drive. BEGIN travels with the first statement after it.
// Invariant: no statement is sent without the scope, but those that only begin, mark or end a transaction.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Lane } from "../broker/lane.ts";
import { scopeCode } from "../failures.ts";
import { type Envelope, isStalePlan, type Statement } from "./scoped-query.ts";
import { type HeldClient, isIdle, send, transactionStatus } from "./send.ts";
import { checkStatement } from "./statement-rule.ts";
import { ScopedSubmittable, type Submittable } from "./submittable.ts";
import { type Control, transactionControl } from "./transaction-control.ts";

/** Whose session it is. */
export type SessionScope = {
  readonly lane: Lane;
  readonly place: string;
  key(): Promise<string>;
  /** Another key, after this one was refused as unknown. */
  renew(refused: string): Promise<string>;
  /** The error as the caller shall see it. */
  heard(error: unknown): unknown;
};

/** See the file's head. */
export class ScopedSession {
  readonly #scope: SessionScope;
  readonly #held: HeldClient;
  #key: string;
  /** What goes before the next statement: BEGIN and the transaction's settings. */
  #pending: string[] = [];
  #begun = false;
  #released = false;

  private constructor(scope: SessionScope, held: HeldClient, key: string) {
    this.#scope = scope;
    this.#held = held;
    this.#key = key;
  }

  /** Waits for the key first: nothing else is waited for while a connection is held. */
  static async open(scope: SessionScope): Promise<ScopedSession> {
    try {
      const key = await scope.key();
      return new ScopedSession(scope, await scope.lane.hold(), key);
    } catch (error) {
      throw scope.heard(error);
    }
  }

  /** pg's own client, to listen to. */
  get client(): pg.Client {
    return this.#held.client;
  }

  /** Whether the connection is outside any transaction. */
  get isIdle(): boolean {
    return isIdle(this.#held.client);
  }

  /** Sends a statement; those asked for at once run in their order. Errors as for `Tenant.query`. */
  async query(statement: Statement): Promise<pg.QueryResult> {
    const control = transactionControl(statement.text);
    if (control) return this.#control(control);
    checkStatement(statement.text);
    const before = this.#takePending();
    try {
      return await this.#send(statement, before);
    } catch (error) {
      throw this.#scope.heard(error);
    }
  }

  /** Hands the connection to a cursor or a stream, in the tenant's scope. */
  submit(query: Submittable): void {
    const text = query.text ?? query.cursor?.text ?? "";
    checkStatement(text);
    if (query instanceof pg.Query)
      throw new HestiaError("statement_refused", {
        rule: "a pg.Query is sent as a text of perhaps many statements: give query() its text",
      });
    const { named } = this.#scope.lane;
    const wrapped = new ScopedSubmittable(this.#held, query, {
      key: this.#key,
      named,
      before: this.#takePending(),
      heard: (error) => this.#scope.heard(error) as Error,
    });
    (this.#held.client as unknown as { query(query: ScopedSubmittable): void }).query(wrapped);
  }

  /** Gives the connection back; one that is not idle, or that shall go, is closed. */
  release(destroy?: Error | boolean): void {
    this.#released = true;
    this.#held.release(destroy);
  }

  async #control({ does, text }: Control): Promise<pg.QueryResult> {
    const opens = does === "begin" || does === "settings";
    if (opens && (this.#pending.length > 0 || (does === "begin" && !this.#begun))) {
      if (does === "begin") this.#begun = true;
      this.#pending.push(text);
      return resultOf(does === "begin" ? "BEGIN" : "SET");
    }
    // Nothing was sent: there is nothing to end.
    const isUnsent = does === "end" && this.#pending.length > 0;
    const before = this.#takePending();
    if (does === "end") this.#begun = false;
    if (isUnsent) return resultOf(/^(?:rollback|abort)/i.test(text) ? "ROLLBACK" : "COMMIT");
    const asks = does === "end" && /^(?:commit|end)/i.test(text) && this.#isOpen;
    try {
      // A transaction is not committed for a tenant that may not be entered any more.
      return await this.#sendOnce(
        { text },
        { before, named: false, ...(asks && { key: this.#key }) },
      );
    } catch (error) {
      // A connection that is lost has rolled back by itself.
      if (asks && !this.#released && !this.isIdle)
        await this.#sendOnce({ text: "rollback" }, { named: false }).catch(() => {});
      throw this.#scope.heard(error);
    }
  }

  get #isOpen(): boolean {
    return transactionStatus(this.#held.client) === "T";
  }

  #takePending(): readonly string[] {
    const { before, beforeInBlock } = this.#scope.lane;
    const [begin, ...settings] = this.#pending;
    this.#pending = [];
    if (begin === undefined) return this.#begun ? [] : before;
    // Where a tenant may have left its defaults for transactions, none are relied on.
    const modes = beforeInBlock.length > 0 ? missingModes(begin) : "";
    return [`${begin}${modes}`, ...settings, ...beforeInBlock];
  }

  async #send(statement: Statement, before: readonly string[]): Promise<pg.QueryResult> {
    const { named } = this.#scope.lane;
    const first = before.length > 0 || !this.#begun;
    const key = this.#key;
    try {
      return await this.#sendOnce(statement, { before, named, key });
    } catch (error) {
      // Nothing has happened yet in either case: the scope was refused, or the stale plan was.
      // What was released is another tenant's by now.
      if (this.#released) throw error;
      const renewed = first && scopeCode(error) === "HT001";
      if (!renewed && !(first && isStalePlan(error as Error))) throw error;
      if (!this.isIdle) await this.#sendOnce({ text: "rollback" }, { named: false });
      if (renewed && this.#key === key) this.#key = await this.#scope.renew(key);
      if (this.#released) throw error;
      return this.#sendOnce(statement, { before, named, key: this.#key });
    }
  }

  #sendOnce(statement: Statement, how: Omit<Envelope, "place">): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      const envelope = { ...how, place: this.#scope.place };
      send(this.#held.client, statement, envelope, (error, result) => {
        if (error) reject(error);
        else resolve(result as pg.QueryResult);
      });
    });
  }
}

const ResultClass = pg.Result as unknown as new () => pg.QueryResult;

/** What PostgreSQL answers to a command without rows. */
function resultOf(command: string): pg.QueryResult {
  return Object.assign(new ResultClass(), { command, rowCount: null });
}

/** PostgreSQL's own defaults for what a BEGIN does not say. */
function missingModes(begin: string): string {
  const level = /isolation level/i.test(begin) ? "" : " isolation level read committed";
  return level + (/read (?:only|write)/i.test(begin) ? "" : " read write");
}
