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
};

/** The platform database. */
export type Database = {
  /** Runs the work in one transaction of the platform; throws `database_unavailable` when it cannot be reached. */
  asPlatform<T>(work: (tx: PlatformTx) => Promise<T>): Promise<T>;
  /** Asks questions of the platform, each by itself and with no transaction around them. */
  asked<T>(work: (tx: PlatformTx) => Promise<T>): Promise<T>;
  /** Runs the work in one transaction that sees this tenant alone. */
  asTenant<T>(tenantId: TenantId, work: (tx: TenantTx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** Opens the platform database; nothing is connected until it is needed. */
export function openDatabase(options: DatabaseOptions): Database {
  const kysely = new Kysely<PlatformTables & TenantTables>({
    dialect: new PostgresDialect({ pool: openPool(options) }),
  }).withSchema("platform");
  const begin = <Tx, T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    reported(() => kysely.transaction().execute((tx) => work(tx as Tx)));
  return {
    asPlatform: begin,
    asked: (work) =>
      reported(() => kysely.connection().execute((each) => work(each as unknown as PlatformTx))),
    asTenant: (tenantId, work) =>
      begin(async (tx: TenantTx) => {
        await enterTenant(tx, `${options.rolePrefix}_tenant`, tenantId);
        return work(tx);
      }),
    close: () => kysely.destroy(),
  };
}

function openPool(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    idle_in_transaction_session_timeout: 60_000,
    idleTimeoutMillis: 30_000,
    application_name: options.sessionName ?? "hestia",
  });
  // A connection that is lost is reported by the statement that needs it; without listeners it would end the process,
  // also while it is checked out between two statements.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

// Both settings end with the transaction, so that nothing is left on the connection.
async function enterTenant(tx: TenantTx, role: string, tenantId: TenantId): Promise<void> {
  await sql`select set_config('role', ${role}, true), set_config('hestia.tenant', ${tenantId}, true)`.execute(
    tx,
  );
}

/** A lock or a statement took too long, or two transactions were in each other's way: trying again helps. */
const busyStates = new Set(["55P03", "57014", "40P01", "40001"]);

async function reported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const busy = busyStates.has((error as { code?: string }).code ?? "");
    if (!busy && !isUnavailable(error)) throw error;
    throw new HestiaError("database_unavailable", { retryAfterSeconds: 1 }, { cause: error });
  }
}
