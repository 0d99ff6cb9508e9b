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

/** What TypeORM's PostgreSQL driver is where it stands on a pool. */
type PostgresDriver = DataSource["driver"] & {
  master: pg.Pool;
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
  const dataSource = new DataSource({ ...options, type: "postgres" });
  const driver = dataSource.driver as PostgresDriver;
  driver.connect = async () => {
    driver.master = pool;
  };
  // TypeORM would ask the server's version, and install extensions.
  driver.afterConnect = async () => {
    driver.isGeneratedColumnsSupported = true;
  };
  return dataSource;
}
