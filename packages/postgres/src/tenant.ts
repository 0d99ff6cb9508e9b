// A tenant as an application holds it: its statements and transactions, scoped to it and to nothing else.

import {
  HestiaError,
  type IsolationModel,
  isHestiaError,
  statusProblem,
  type TenantId,
  type TenantStatus,
} from "@hestia/core";
import type pg from "pg";
import type { Lane } from "./broker/lane.ts";
import type { Databases } from "./databases.ts";
import type { Directory, DirectoryEntry } from "./directory.ts";
import { scopeCode, translate } from "./failures.ts";
import { type LoadRows, loadRows } from "./load.ts";
import type { ScopeKeys } from "./scope-keys.ts";
import { isStalePlan, type Statement } from "./scoped/scoped-query.ts";
import { ScopedSession, type SessionScope } from "./scoped/session.ts";
import { checkStatement } from "./scoped/statement-rule.ts";
import { ScopedTransaction, type TransactionOptions } from "./scoped/transaction.ts";

/** A row as `pg` gives it. */
export type Row = Record<string, unknown>;

/** Runs one statement: text with parameters $1…, or the statement in one object. */
export type RunQuery = <R = Row>(
  statement: string | Statement,
  values?: readonly unknown[],
) => Promise<pg.QueryResult<R & pg.QueryResultRow>>;

/** What a tenant's transaction can do. */
export type TenantTransaction = {
  /** Runs one statement in the transaction; errors as for `Tenant.query`. */
  readonly query: RunQuery;
  /** Runs the work in a savepoint: its failure undoes only its own statements, and is thrown on. */
  readonly savepoint: <T>(work: () => Promise<T>) => Promise<T>;
};

/** What the parts of the library that a tenant's statements pass through are. */
export type Route = {
  readonly directory: Directory;
  readonly databases: Databases;
  readonly keys: ScopeKeys;
};

/** One tenant; made by `hestia.tenant(…)`. Cheap, and safe to keep: it follows its tenant's state. */
export class Tenant {
  readonly id: TenantId;
  readonly slug: string;
  readonly isolation: IsolationModel;
  readonly #route: Route;
  readonly #entry: DirectoryEntry;

  constructor(entry: DirectoryEntry, route: Route) {
    this.id = entry.id;
    this.slug = entry.slug;
    this.isolation = entry.isolation;
    this.#entry = entry;
    this.#route = route;
  }

  /** What people call it, as last heard. */
  get name(): string {
    return this.#current().name;
  }

  /** The status as last heard; the database may know better. */
  get status(): TenantStatus {
    return this.#current().status;
  }

  /**
   * The name of the last migration of the folder `tenant/` that this tenant has, as last heard; undefined when it has
   * none. While a run goes through the fleet, tenants differ: code that serves the old and the new tables asks here, and
   * must bear that it hears of a change some moments late.
   *
   * @example const has = (acme.schemaVersion ?? "") >= "0007_totals.sql";
   */
  get schemaVersion(): string | undefined {
    return this.#current().schemaVersion ?? undefined;
  }

  /**
   * Runs one statement as this tenant, in one round trip and in a transaction of its own.
   *
   * Throws `statement_refused`, `tenant_suspended`, `tenant_readonly`, `tenant_ended`, `database_unavailable`,
   * and PostgreSQL's own errors as `pg` gives them.
   *
   * @example const { rows } = await acme.query("select * from orders where id = $1", [id]);
   */
  readonly query: RunQuery = async (statement, values) => {
    const asked = typeof statement === "string" ? { text: statement, values } : statement;
    checkStatement(asked.text);
    return (await this.#run(asked)) as never;
  };

  /**
   * Runs the work in one transaction: committed when it returns, rolled back when it throws.
   *
   * @example await acme.transaction(async (tx) => { await tx.query("…"); await tx.query("…"); });
   */
  async transaction<T>(
    work: (tx: TenantTransaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const transaction = new ScopedTransaction(this.#sessionScope(), options);
    try {
      const result = await work({
        query: async (statement, values) =>
          (await transaction.query(
            typeof statement === "string" ? { text: statement, values } : statement,
          )) as never,
        savepoint: (inner) => transaction.savepoint(inner),
      });
      await transaction.commit();
      return result;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  /**
   * Inserts many rows into a table, all or none, and returns how many: for what COPY FROM is used elsewhere. The first
   * row names the columns; a value that a later row lacks is null. Throws as `query` does, and `statement_refused` for a
   * column that the table or the first row does not have.
   *
   * @example await acme.load("orders", rowsOf(file));
   */
  load(table: string, rows: LoadRows): Promise<number> {
    return this.transaction((transaction) => loadRows(transaction, table, rows));
  }

  /**
   * Holds a connection for this tenant, until it is released: what a pool's `connect` gives a tool of its own.
   * Errors as for `query`, before the first statement too.
   */
  async session(): Promise<ScopedSession> {
    return ScopedSession.open(this.#sessionScope());
  }

  #sessionScope(): SessionScope {
    const entry = this.#current();
    return {
      lane: this.#lane(entry),
      place: entry.place,
      key: () => this.#key(entry),
      renew: (refused) => this.#renew(entry, refused),
      heard: (error) => this.#heard(error),
    };
  }

  async #run(statement: Statement): Promise<pg.QueryResult> {
    const entry = this.#current();
    const key = this.#route.keys.peek(entry.id, entry.place) ?? (await this.#key(entry));
    try {
      return await this.#send(entry, statement, key);
    } catch (error) {
      // Nothing has happened yet in either case: the statement was refused, or its stale plan was.
      if (scopeCode(error) === "HT001")
        return this.#again(entry, statement, await this.#renew(entry, key));
      if (isStalePlan(error as Error)) return this.#again(entry, statement, key);
      throw this.#heard(error);
    }
  }

  async #again(entry: DirectoryEntry, statement: Statement, key: string): Promise<pg.QueryResult> {
    try {
      return await this.#send(entry, statement, key);
    } catch (error) {
      throw this.#heard(error);
    }
  }

  #send(entry: DirectoryEntry, statement: Statement, key: string): Promise<pg.QueryResult> {
    const lane = this.#lane(entry);
    return lane.run(statement, {
      key,
      place: entry.place,
      named: lane.named,
      before: lane.before,
    });
  }

  #lane(entry: DirectoryEntry): Lane {
    return this.#route.databases.laneOf(entry);
  }

  #current(): DirectoryEntry {
    return this.#route.directory.peek(this.id) ?? this.#entry;
  }

  #key(entry: DirectoryEntry): Promise<string> {
    return this.#route.keys.get(entry.id, entry.place, (digest) =>
      this.#route.databases.issueKey(entry, digest),
    );
  }

  #renew(entry: DirectoryEntry, refused?: string): Promise<string> {
    this.#route.keys.forget(entry.id, refused);
    return this.#key(entry);
  }

  /** A refusal by the scope says that the directory is behind. */
  #heard(error: unknown): unknown {
    const told = translate(error);
    if (isHestiaError(told) && states.has(told.code)) this.#route.directory.forget(this.id);
    return told;
  }
}

/** What only a change of the tenant's state brings about. */
const states = new Set([
  "scope_missing",
  "tenant_suspended",
  "tenant_readonly",
  "tenant_moved",
  "tenant_ended",
]);

/** Throws with the code of the status unless the tenant serves. */
export function checkServing(status: TenantStatus): void {
  const problem = statusProblem(status);
  if (problem === "tenant_not_ready")
    throw new HestiaError(problem, { status, retryAfterSeconds: 2 });
  if (problem !== undefined) throw new HestiaError(problem, { status });
}
