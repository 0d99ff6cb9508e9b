// The roles of an installation: owner of the tables, the tenants' application, the system, the directory.
// Invariant: no login that carries a tenant's statements owns a table, bypasses row security or makes objects.

import { hkdfSync, randomBytes } from "node:crypto";
import type pg from "pg";
import { open } from "../secrets.ts";
import type { Server } from "./capabilities.ts";
import { literal, quoted, type Roles } from "./identifiers.ts";

/** A role that may log in, and its password. */
export type Login = { readonly user: string; readonly password: string };

/** The logins of a cluster: one or several for the application, one for the directory. */
export type ClusterCredentials = { readonly app: readonly Login[]; readonly directory: Login };

/** What a cluster's logins are sealed for. */
export const credentialsPurpose = (cluster: string): string => `cluster:${cluster}`;

/** The logins of a cluster, as the platform stores them. */
export function openCredentials(
  secretKey: string,
  cluster: string,
  sealed: string,
): ClusterCredentials {
  return JSON.parse(open(secretKey, credentialsPurpose(cluster), sealed)) as ClusterCredentials;
}

/** Several logins hide one connection's statements from another where functions cannot be revoked. */
const reducedLogins = 16;

/** Makes what is missing of the roles and returns their logins, those given or new ones. */
export async function makeRoles(
  client: pg.ClientBase,
  { roles, server, kept }: { roles: Roles; server: Server; kept?: ClusterCredentials | undefined },
): Promise<ClusterCredentials> {
  await makeRole(client, roles.owner, "nologin");
  await makeRole(client, roles.app, "nologin");
  await makeRole(client, roles.tenant, "nologin");
  await makeRole(client, roles.system, server.superuser ? "nologin bypassrls" : "nologin");
  // Migrations run as the system, which row security does not bind, on tables that the owner owns.
  if (server.superuser)
    await client.query(`grant ${quoted(roles.owner)} to ${quoted(roles.system)}`);
  await letAdministratorAct(client, roles, server);
  const credentials = kept ?? newCredentials(roles, server);
  await makeLogin(client, credentials.directory);
  for (const login of credentials.app) {
    await makeLogin(client, login);
    await client.query(`grant ${quoted(roles.app)} to ${quoted(login.user)}`);
    await limitLogin(client, login.user, server);
  }
  return credentials;
}

function newCredentials(roles: Roles, server: Server): ClusterCredentials {
  const logins = server.superuser ? 1 : reducedLogins;
  return {
    app: Array.from({ length: logins }, (_, index) => newLogin(`${roles.app}_${index + 1}`)),
    directory: newLogin(roles.directory),
  };
}

/** The same login whenever it is asked for: making it again does not shut out who knows it already. */
export function derivedLogin(user: string, secretKey: string): Login {
  const password = Buffer.from(hkdfSync("sha256", secretKey, "hestia", `login ${user}`, 24));
  return { user, password: password.toString("base64url") };
}

/** A login with a password that no one chose. */
function newLogin(user: string): Login {
  return { user, password: randomBytes(24).toString("base64url") };
}

async function makeRole(client: pg.ClientBase, name: string, options: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [name]);
  if (!rowCount) await tolerating("42710", client.query(`create role ${quoted(name)} ${options}`));
}

/** Makes the login, or gives the one that is there this password. */
export async function makeLogin(client: pg.ClientBase, { user, password }: Login): Promise<void> {
  await makeRole(client, user, "login noinherit");
  await client.query(`alter role ${quoted(user)} login inherit password ${literal(password)}`);
}

/** What a scoped session may take: times, memory, and nothing of its parameters in the server's log. */
export async function limitLogin(
  client: pg.ClientBase,
  user: string,
  server: Server,
): Promise<void> {
  const settings: Record<string, string> = {
    search_path: "app, shared, pg_temp",
    statement_timeout: "30s",
    lock_timeout: "5s",
    // A backend whose client has gone must not run on, or there would be more of them than connections.
    client_connection_check_interval: "1s",
    idle_in_transaction_session_timeout: "10s",
    log_parameter_max_length_on_error: "0",
    default_transaction_isolation: "read committed",
    // The planner would else let a tenant's cheap conditions, with whatever they raise, go before the policy's.
    cpu_operator_cost: "0",
    ...(server.version >= 170_000 ? { transaction_timeout: "60s" } : {}),
    ...(server.superuser ? { log_parameter_max_length: "0", temp_file_limit: "2GB" } : {}),
  };
  for (const [name, value] of Object.entries(settings)) {
    const list = name === "search_path" ? value : literal(value);
    await client.query(`alter role ${quoted(user)} set ${name} = ${list}`);
  }
}

/** The administrator must be able to act as the owner and the system. */
async function letAdministratorAct(
  client: pg.ClientBase,
  roles: Roles,
  server: Server,
): Promise<void> {
  if (server.superuser) return;
  const how = server.version >= 160_000 ? " with set true, inherit true" : "";
  for (const role of [roles.owner, roles.tenant, roles.app]) {
    await client.query(`grant ${quoted(role)} to current_user${how}`);
  }
}

/** Another starter may have made it in the meantime. */
async function tolerating(code: string, statement: Promise<unknown>): Promise<void> {
  try {
    await statement;
  } catch (error) {
    if ((error as { code?: string }).code !== code) throw error;
  }
}
