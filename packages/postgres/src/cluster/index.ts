// The administrator's side of a cluster, for Hestia's own command line, benches and tests; not for applications.
export { checkDatabaseUrl, databaseOf, inTransaction, withClient, withDatabase } from "./admin.ts";
export { type Roles, rolesOf } from "./identifiers.ts";
