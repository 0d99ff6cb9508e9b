// The way in for an application: one call, and then tenants.

import { HestiaError, isUuid } from "@hestia/core";
import pg from "pg";
import type { BrokerGauges } from "./broker/lane.ts";
import { checkDatabaseUrl, connectFailure } from "./cluster/admin.ts";
import { type ConnectOptions, limitsOf } from "./connect-options.ts";
import { currentTenant } from "./context.ts";
import { Databases } from "./databases.ts";
import { type Directory, type DirectoryEntry, openDirectory, type TenantKey } from "./directory.ts";
import { TenantPool } from "./pool/tenant-pool.ts";
import { ScopeKeys } from "./scope-keys.ts";
import { checkServing, Tenant } from "./tenant.ts";

/**
 * Connects an application to its tenants.
 *
 * Throws `database_unavailable` when the platform database does not answer, and `database_unsuitable`
 * when the URL, the password or the secret key is wrong, and `invalid_input` with every fault of the options.
 *
 * @example
 * const hestia = await connect(); // DATABASE_URL and HESTIA_SECRET_KEY, such as `npm start` writes to application.env
 * const acme = await hestia.tenant("acme");
 */
export async function connect(options: ConnectOptions = {}): Promise<Hestia> {
  const limits = limitsOf(options);
  const databaseUrl = options.databaseUrl ?? process.env.DATABASE_URL ?? "";
  checkDatabaseUrl(databaseUrl);
  const secretKey = options.secretKey ?? process.env.HESTIA_SECRET_KEY ?? "";
  const directory = await reach(databaseUrl, options.directUrl ?? databaseUrl);
  const databases = new Databases({
    secretKey,
    limits,
    weightOf: options.weightOf,
    addresses: options.clusters ?? {},
    ssl: sslOf(databaseUrl),
    readClusters: () => directory.clusters(),
  });
  try {
    await databases.refresh();
  } catch (error) {
    await directory.close();
    throw error;
  }
  return new Hestia(directory, databases);
}

async function reach(databaseUrl: string, directUrl: string): Promise<Directory> {
  try {
    return await openDirectory({ databaseUrl, directUrl });
  } catch (error) {
    throw connectFailure(databaseUrl, error);
  }
}

/** Data databases are reached with the same TLS settings as the platform's. */
function sslOf(databaseUrl: string): pg.PoolConfig["ssl"] {
  const { ssl } = new pg.Client({ connectionString: databaseUrl });
  return ssl;
}

/** An application's connection to all its tenants. Close it when the process ends. */
export class Hestia {
  readonly #directory: Directory;
  readonly #databases: Databases;
  readonly #keys = new ScopeKeys();

  constructor(directory: Directory, databases: Databases) {
    this.#directory = directory;
    this.#databases = databases;
  }

  /**
   * A tenant by id or slug.
   *
   * Throws `tenant_not_found`, and unless it is active or read-only `tenant_suspended`, `tenant_not_ready` or `tenant_ended`.
   */
  async tenant(idOrSlug: string): Promise<Tenant> {
    const entry = await this.find(isUuid(idOrSlug) ? { id: idOrSlug } : { slug: idOrSlug });
    if (!entry) throw new HestiaError("tenant_not_found");
    checkServing(entry.status);
    return this.tenantOf(entry);
  }

  /** Looks a tenant up by id, slug or verified domain, whatever its status; undefined when there is none. */
  find(key: TenantKey): Promise<DirectoryEntry | undefined> {
    return this.#directory.find(key);
  }

  /**
   * A tenant's connections as a `pg.Pool`, for whatever stands on one: Kysely, Drizzle, Prisma, TypeORM, Knex.
   * Its statements are scoped, refused and limited as those of `tenant.query`; its clients may BEGIN and COMMIT.
   */
  pool(tenant: Tenant | string): pg.Pool {
    return this.#poolOf(async () => (typeof tenant === "string" ? this.tenant(tenant) : tenant));
  }

  /** The same for the ambient tenant, found out anew for each statement and each client; without one `context_missing`. */
  ambientPool(): pg.Pool {
    return this.#poolOf(async () => currentTenant(), { isAmbient: true });
  }

  #poolOf(find: () => Promise<Tenant>, { isAmbient = false } = {}): pg.Pool {
    const { connectionsMax } = this.#databases;
    return new TenantPool(find, { connectionsMax, isAmbient }) as unknown as pg.Pool;
  }

  /** The tenant of an entry that `find` gave. */
  tenantOf(entry: DirectoryEntry): Tenant {
    return new Tenant(entry, {
      directory: this.#directory,
      databases: this.#databases,
      keys: this.#keys,
    });
  }

  /** What the connections to each cluster are doing: open, busy, waiting, refused, and whose. */
  connections(): Record<string, BrokerGauges> {
    return this.#databases.gauges();
  }

  /** The isolation that each cluster gives: full, or reduced where there was no superuser to harden it. */
  isolation(): Record<string, "full" | "reduced"> {
    return this.#databases.isolation();
  }

  /** Closes all connections; waits for statements that run. */
  async close(): Promise<void> {
    await Promise.all([this.#directory.close(), this.#databases.close()]);
  }
}
