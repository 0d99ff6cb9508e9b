// Makes a PostgreSQL server ready for tenants: roles, the data database, the template of tenants' databases, hardening.
// Idempotent: whatever is there already stays, whatever is missing is made.

import type pg from "pg";
import { withClient, withDatabase } from "./admin.ts";
import { inspectServer, missingFrom, type Server } from "./capabilities.ts";
import { fillDatabase, upgradeTenantDatabases } from "./contents.ts";
import { quoted, type Roles, rolesOf } from "./identifiers.ts";
import { type ClusterCredentials, makeRoles } from "./roles.ts";

/** What to install, and where. */
export type InstallOptions = {
  /** An administrator's URL of any database on the server. */
  readonly adminUrl: string;
  readonly dataDatabase: string;
  readonly rolePrefix: string;
  /** Logins of an earlier installation, kept. */
  readonly credentials?: ClusterCredentials | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
};

/** What came of it. */
export type Installed = {
  readonly credentials: ClusterCredentials;
  readonly isolation: "full" | "reduced";
  /** What full isolation lacks, each in one sentence; empty when full. */
  readonly missing: readonly string[];
};

/** The database that tenants' own databases are made from. */
export const templateOf = (dataDatabase: string): string => `${dataDatabase}_template`;

/**
 * Installs, or completes, a cluster.
 * Throws `database_unsuitable` when the server is too old or the administrator lacks rights.
 */
export async function installCluster(options: InstallOptions): Promise<Installed> {
  const roles = rolesOf(options.rolePrefix);
  const tell = options.onProgress ?? (() => {});
  const { server, credentials } = await withClient(options.adminUrl, async (client) => {
    const server = await inspectServer(client);
    const credentials = await makeRoles(client, { roles, server, kept: options.credentials });
    if (server.superuser) await closeMaintenanceDatabases(client);
    return { server, credentials };
  });
  const template = templateOf(options.dataDatabase);
  for (const [database, kind] of [
    [template, "tenant"],
    [options.dataDatabase, "cluster"],
  ] as const) {
    tell(`preparing database ${database}`);
    await makeDatabase(options.adminUrl, {
      database,
      roles,
      credentials,
      server,
      isTemplate: kind === "tenant",
    });
    await fillDatabase(withDatabase(options.adminUrl, database), { roles, server, kind });
  }
  await upgradeTenantDatabases(options.adminUrl, { prefix: options.rolePrefix, server, tell });
  const missing = missingFrom(server);
  return { credentials, isolation: missing.length === 0 ? "full" : "reduced", missing };
}

/** Tenants' logins have no business in the databases that every server comes with. */
async function closeMaintenanceDatabases(client: pg.ClientBase): Promise<void> {
  await client.query("revoke connect, temporary on database postgres, template1 from public");
}

async function makeDatabase(
  adminUrl: string,
  options: {
    database: string;
    roles: Roles;
    credentials: ClusterCredentials;
    server: Server;
    isTemplate: boolean;
  },
): Promise<void> {
  const { database, roles, credentials } = options;
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [
      database,
    ]);
    if (!rowCount) {
      await client.query(
        `create database ${quoted(database)} owner ${quoted(roles.owner)} template template0 encoding 'UTF8'`,
      );
    }
    await client.query(`revoke all on database ${quoted(database)} from public`);
    if (options.isTemplate) return;
    const logins = [credentials.directory, ...credentials.app].map((login) => quoted(login.user));
    await client.query(`grant connect on database ${quoted(database)} to ${logins.join(", ")}`);
  });
}
