// The control plane's side of @hestia/postgres: for Hestia's own server and command line, not for applications.
export { checkDatabaseUrl, withClient, withDatabase } from "../cluster/admin.ts";
export type {
  Cluster,
  LedgerRow,
  PartitionPlace,
  PartitionTenant,
  ScopeState,
} from "../cluster/cluster.ts";
export type { OnFile } from "../cluster/migrate.ts";
export {
  type MigrationFile,
  type MigrationSet,
  migrationFile,
  readMigrations,
} from "../cluster/migration-files.ts";
export { type BootstrapOptions, bootstrapPlatform, type Platform } from "./bootstrap.ts";
