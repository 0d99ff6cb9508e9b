// A tenant's own database: copied from the template, with a login that can enter it and nothing else.
// Invariant: whoever makes or drops one holds its gate, so that two at once end as one after the other.

import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { type OpenClient, withDatabase } from "./admin.ts";
import { inspectServer } from "./capabilities.ts";
import { markCopy } from "./contents.ts";
import { quoted, type Roles } from "./identifiers.ts";
import { type Login, limitLogin, makeLogin } from "./roles.ts";

/** Where a tenant's database is, and who may enter it. */
export type TenantDatabase = {
  readonly adminUrl: string;
  readonly database: string;
  readonly roles: Roles;
  readonly open: OpenClient;
};

/** Makes what is missing of the database and its login; `fill` runs in the database, under the same gate. */
export async function makeTenantDatabase(
  { adminUrl, database, roles, open }: TenantDatabase,
  { template, login, directory }: { template: string; login: Login; directory: string },
  fill: (client: pg.Client) => Promise<void>,
): Promise<void> {
  await throughGate({ adminUrl, database, open }, async (client) => {
    const server = await inspectServer(client);
    if (!(await databaseExists(client, database))) {
      await whenUnused(() =>
        client.query(
          `create database ${quoted(database)} owner ${quoted(roles.owner)} template ${quoted(template)}`,
        ),
      );
      await markCopy(client, { database, template });
    }
    await makeLogin(client, login);
    await limitLogin(client, login.user, server);
    await client.query(`grant ${quoted(roles.app)} to ${quoted(login.user)}`);
    await client.query(`revoke all on database ${quoted(database)} from public`);
    await client.query(
      `grant connect on database ${quoted(database)} to ${quoted(login.user)}, ${quoted(directory)}`,
    );
    await open(withDatabase(adminUrl, database), fill);
  });
}

/** Drops what is there of the database and its login; its connections are ended. */
export async function dropTenantDatabase({
  adminUrl,
  database,
  open,
}: TenantDatabase): Promise<void> {
  await throughGate({ adminUrl, database, open }, async (client) => {
    const { rowCount } = await client.query("select from pg_roles where rolname = $1", [database]);
    // Nobody comes in again between the end of the connections and that of the database.
    if (rowCount) await client.query(`alter role ${quoted(database)} nologin`);
    await whenUnused(() =>
      client.query(`drop database if exists ${quoted(database)} with (force)`),
    );
    await client.query(`drop role if exists ${quoted(database)}`);
  });
}

export async function databaseExists(client: pg.ClientBase | pg.Pool, database: string) {
  const { rowCount } = await client.query("select from pg_database where datname = $1", [database]);
  return rowCount === 1;
}

/** An advisory lock in the administrator's own database, which no tenant can enter; it ends with the client. */
async function throughGate(
  { adminUrl, database, open }: Omit<TenantDatabase, "roles">,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  await open(adminUrl, async (client) => {
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [`hestia ${database}`]);
    await work(client);
  });
}

/** PostgreSQL itself waits five seconds for a session in the template, or in what is dropped, to end. */
async function whenUnused(statement: () => Promise<unknown>, attempts = 3): Promise<void> {
  try {
    await statement();
  } catch (error) {
    if ((error as { code?: string }).code !== "55006" || attempts === 1) throw error;
    await delay(200);
    await whenUnused(statement, attempts - 1);
  }
}
