// TypeORM over a tenant's pool, or the ambient one. Invariant: it opens no pool and asks nothing before its first query,
// so that it can be initialised where there is no tenant yet.

import type pg from "pg";
import { DataSource, type DataSourceOptions } from "typeorm";

type PostgresOptions = Extract<DataSourceOptions, { type: "postgres" }>;

/** TypeORM's options but those that connect elsewhere, change the schema, or cache one tenant's rows for another. */
export type TenantDataSourceOptions = Omit<
  PostgresOptions,
  | "type"
  | "url"
  | "host"
  | "port"
  | "username"
  | "password"
  | "database"
  | "schema"
  | "driver"
  | "nativeDriver"
  | "replication"
  | "synchronize"
  | "dropSchema"
  | "migrationsRun"
  | "extensions"
  | "cache"
>;

/** Of PostgreSQL that Hestia runs on: what is newer, TypeORM does without. */
const oldestVersion = "15.0";

/** What TypeORM's PostgreSQL driver is where it stands on a pool. */
type PostgresDriver = Omit<DataSource["driver"], "version"> & {
  master: pg.Pool;
  version: string;
  isGeneratedColumnsSupported: boolean;
};

/**
 * Makes a DataSource whose statements run on the pool. `destroy` ends the pool, as it ends TypeORM's own.
 *
 * @example
 * const dataSource = tenantDataSource(hestia.ambientPool(), { entities: [Order] });
 * await dataSource.initialize();
 */
export function tenantDataSource(pool: pg.Pool, options: TenantDataSourceOptions = {}): DataSource {
  // A cache finds rows by the statement's text, which is the same for every tenant.
  const dataSource = new DataSource({ ...options, type: "postgres", cache: false });
  const driver = dataSource.driver as PostgresDriver;
  // TypeORM would open a pool, ask the server's version and install extensions.
  driver.connect = async () => {
    driver.master = pool;
    driver.version = oldestVersion;
  };
  driver.afterConnect = async () => {
    driver.isGeneratedColumnsSupported = true;
  };
  return dataSource;
}
