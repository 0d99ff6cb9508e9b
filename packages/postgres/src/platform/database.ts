// The handle of the platform database, and the only maker of transactions. What a function can see is written in its
// first parameter: a PlatformTx sees the control plane, a TenantTx one tenant, and PostgreSQL enforces what they say.
import { HestiaError, type TenantId } from "@hestia/core";
import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import pg from "pg";
import { isUnavailable } from "../failures.ts";
import type { PlatformTables, TenantTables } from "./tables.generated.ts";

declare const side: unique symbol;

/** A transaction that sees the control plane. */
export type PlatformTx = Transaction<PlatformTables> & { readonly [side]: "platform" };
/** A transaction that sees one tenant's side, under a role of its own and row security. */
export type TenantTx = Transaction<TenantTables> & { readonly [side]: "tenant" };

/** How to reach the platform database. */
export type DatabaseOptions = {
  readonly url: string;
  /** The prefix of the installation's roles; tenant transactions run as `<prefix>_tenant`. */
  readonly rolePrefix: string;
  /** The `application_name` of its sessions. */
  readonly sessionName?: string;
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  /** How long a transaction may wait for its next statement. */
  readonly transactionIdleMs?: number;
};

/** How a transaction commits, where not as usual. */
export type Commit = {
  /** Nobody is told of tenants and operations: who may be waiting for them is told otherwise. */
  readonly quiet: true;
  /** It is not waited for the disk, which a later commit of the same work does; the writer does it within a second anyway. */
  readonly unflushed?: boolean;
};

/** The platform database. */
export type Database = {
  /** Runs the work in one transaction of the platform; throws `database_unavailable` when it cannot be reached. */
  asPlatform<T>(work: (tx: PlatformTx) => Promise<T>, how?: Commit): Promise<T>;
  /** Asks questions of the platform, each by itself and with no transaction around them. */
  asked<T>(work: (tx: PlatformTx) => Promise<T>): Promise<T>;
  /** Runs the work in one transaction that sees this tenant alone. */
  asTenant<T>(tenantId: TenantId, work: (tx: TenantTx) => Promise<T>): Promise<T>;
  /** The same database, where every transaction ends with the guard: where that throws, nothing is changed. */
  guarded(guard: Guard): Database;
  close(): Promise<void>;
};

/** Runs at the end of a transaction, on the platform's side. */
type Guard = (tx: PlatformTx) => Promise<void>;

/** Opens the platform database; nothing is connected until it is needed. */
export function openDatabase(options: DatabaseOptions): Database {
  const kysely = new Kysely<PlatformTables & TenantTables>({
    dialect: new PostgresDialect({ pool: openPool(options) }),
  }).withSchema("platform");
  const begin = <Tx, T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    reported(() => kysely.transaction().execute((tx) => work(tx as Tx)));
  const connected = <T>(work: (tx: PlatformTx) => Promise<T>): Promise<T> =>
    reported(() => kysely.connection().execute((each) => work(each as unknown as PlatformTx)));
  const make = (guard?: Guard): Database => ({
    asPlatform: (work, how) => {
      const all = async (tx: PlatformTx) => {
        const result = await work(tx);
        await guard?.(tx);
        return result;
      };
      return how === undefined ? begin(all) : connected((tx) => committing(tx, all, how));
    },
    asked: connected,
    asTenant: (tenantId, work) =>
      begin(async (tx: TenantTx) => {
        await enterTenant(tx, `${options.rolePrefix}_tenant`, tenantId);
        const result = await work(tx);
        if (guard === undefined) return result;
        await sql`select set_config('role', 'none', true)`.execute(tx);
        await guard(tx as unknown as PlatformTx);
        return result;
      }),
    guarded: make,
    close: () => kysely.destroy(),
  });
  return make();
}

/** Has the disk told of everything that was committed before: the end of this transaction waits for it. */
export async function flushCommits(tx: PlatformTx): Promise<void> {
  await sql`select pg_current_xact_id()`.execute(tx);
}

// Kysely's own transactions begin with one word; this begins with the settings in the same message.
async function committing<T>(
  tx: PlatformTx,
  work: (tx: PlatformTx) => Promise<T>,
  { unflushed = false }: Commit,
): Promise<T> {
  const flush = unflushed ? "; set local synchronous_commit = off" : "";
  await sql.raw(`begin; set local hestia.quiet = on${flush}`).execute(tx);
  try {
    const result = await work(tx);
    await sql`commit`.execute(tx);
    return result;
  } catch (error) {
    // A connection that is gone has rolled back by itself, and the first error says why.
    await sql`rollback`.execute(tx).catch(() => {});
    throw error;
  }
}

function openPool(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    Client: preparingClient(),
    connectionString: options.url,
    max: options.connectionsMax ?? 14,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    idle_in_transaction_session_timeout: options.transactionIdleMs ?? 60_000,
    idleTimeoutMillis: 30_000,
    application_name: options.sessionName ?? "hestia",
  });
  // A connection that is lost is reported by the statement that needs it; without listeners it would end the process,
  // also while it is checked out between two statements.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Statements of which each session keeps the plan; past this, as for lists of many filters, they are planned anew. */
const preparedMax = 200;

// A statement that comes a second time is prepared under a name: to plan it costs more than to run it. One that gives all
// columns is not: it would fail once there is another column.
function preparingClient(): typeof pg.Client {
  const names = new Map<string, string>();
  const seen = new Set<string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size === preparedMax || /\*\s+from/.test(text)) return known;
    if (!seen.delete(text)) {
      if (seen.size < 10 * preparedMax) seen.add(text);
      return undefined;
    }
    const name = `hestia_${names.size}`;
    names.set(text, name);
    return name;
  };
  class PreparingClient extends pg.Client {
    // Kysely's way of asking is the only one here; what is asked otherwise goes through as it is.
    override query = ((text: unknown, values: unknown, ...rest: unknown[]) => {
      const ask = super.query.bind(this) as (...all: unknown[]) => unknown;
      if (typeof text !== "string" || !Array.isArray(values) || values.length === 0)
        return ask(text, values, ...rest);
      return ask({ name: nameOf(text), text, values }, ...rest);
    }) as pg.Client["query"];
  }
  return PreparingClient;
}

// Both settings end with the transaction, so that nothing is left on the connection.
async function enterTenant(tx: TenantTx, role: string, tenantId: TenantId): Promise<void> {
  await sql`select set_config('role', ${role}, true), set_config('hestia.tenant', ${tenantId}, true)`.execute(
    tx,
  );
}

/**
 * A lock or a statement took too long, this process let a transaction wait too long for its next one, or two transactions
 * were in each other's way: trying again helps.
 */
const busyStates = new Set(["55P03", "57014", "25P03", "40P01", "40001"]);

async function reported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const busy = busyStates.has((error as { code?: string }).code ?? "");
    if (!busy && !isUnavailable(error)) throw error;
    throw new HestiaError("database_unavailable", { retryAfterSeconds: 1 }, { cause: error });
  }
}
