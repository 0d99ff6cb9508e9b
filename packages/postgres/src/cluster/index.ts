// The administrator's side of a cluster, for Hestia's own command line, benches and tests; not for applications.
export { checkDatabaseUrl, databaseOf, inTransaction, withClient, withDatabase } from "./admin.ts";
export { fillRoles, type Roles, rolesOf } from "./identifiers.ts";
export { type ClusterCredentials, type Login, openCredentials } from "./roles.ts";
export { openLogin } from "./tenant-login.ts";
