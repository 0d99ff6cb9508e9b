// What every database that holds tenants' rows contains: Hestia's own schema, its extensions, and what is closed in it.
// Invariant: a database's comment names its contents, so one query finds those that an older Hestia made. One without a
// comment is being made at this moment.

import { createHash } from "node:crypto";
import type pg from "pg";
import { databaseOf, inTransaction, withClient, withDatabase } from "./admin.ts";
import type { Server } from "./capabilities.ts";
import { literal, quoted, type Roles, rolesOf } from "./identifiers.ts";
import { applyVersions, readSql, readVersions } from "./versions.ts";

/** Brings a data database, or the template of tenants' own, to the current contents. Idempotent. */
export async function fillDatabase(
  url: string,
  { roles, server, kind }: { roles: Roles; server: Server; kind: "cluster" | "tenant" },
): Promise<void> {
  await withClient(url, async (client) => {
    const makers = [roles.owner, ...(server.superuser ? [roles.system] : [])]
      .map(quoted)
      .join(", ");
    await client.query(
      `alter default privileges for role ${makers} revoke execute on functions from public`,
    );
    await client.query(
      `alter default privileges for role ${makers} revoke usage on types from public`,
    );
    await applyVersions(client, { folder: "data", roles, as: roles.owner });
    await client.query(
      "insert into hestia.database (kind) select $1 where not exists (select from hestia.database)",
      [kind],
    );
    await addIndexExtensions(client, roles);
    if (server.superuser) {
      const harden = await readSql("harden.sql", roles);
      await inTransaction(client, () => client.query(harden));
    }
    const database = quoted(databaseOf(url));
    await client.query(`comment on database ${database} is ${literal(await contentsMark(server))}`);
  });
}

/** With them GIN and GiST indexes can lead with the tenant; where they are not to be had such indexes are refused. */
async function addIndexExtensions(client: pg.ClientBase, roles: Roles): Promise<void> {
  await client.query(`create schema if not exists extensions authorization ${quoted(roles.owner)}`);
  await client.query(`grant usage on schema extensions to ${quoted(roles.app)}`);
  const { rows } = await client.query<{ name: string }>(
    "select name from pg_available_extensions where name in ('btree_gin', 'btree_gist') and installed_version is null",
  );
  for (const { name } of rows)
    await client.query(`create extension if not exists ${quoted(name)} schema extensions`);
}

/** The same for all databases that one version of Hestia fills with the same rights. */
async function contentsMark(server: Server): Promise<string> {
  const hash = createHash("sha256").update(server.superuser ? await readSql("harden.sql") : "");
  for (const { checksum } of await readVersions("data")) hash.update(checksum);
  return `Hestia ${hash.digest("hex").slice(0, 16)}`;
}

/** Copies of a template have its contents, but not its comment. */
export async function markCopy(
  client: pg.ClientBase,
  { database, template }: { database: string; template: string },
): Promise<void> {
  const { rows } = await client.query<{ mark: string | null }>(
    "select shobj_description(oid, 'pg_database') as mark from pg_database where datname = $1",
    [template],
  );
  await client.query(
    `comment on database ${quoted(database)} is ${rows[0]?.mark ? literal(rows[0].mark) : "null"}`,
  );
}

const upgradesAtOnce = 2;

/**
 * Brings tenants' own databases that an older Hestia made to the current contents. One that cannot be brought there is
 * told of and tried again at the next start: it does not keep the others from serving.
 */
export async function upgradeTenantDatabases(
  adminUrl: string,
  { prefix, server, tell }: { prefix: string; server: Server; tell: (text: string) => void },
): Promise<void> {
  const mark = await contentsMark(server);
  const stale = await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select datname as name from pg_database
       where datname ~ $1 and shobj_description(oid, 'pg_database') <> $2 order by 1`,
      [`^${prefix}_t_[0-9a-f]{32}$`, mark],
    );
    return rows.map(({ name }) => name);
  });
  const waiting = stale.entries();
  const upgradeInTurn = async () => {
    for (const [index, database] of waiting) {
      tell(`upgrading tenants' own databases: ${index + 1} of ${stale.length}`);
      try {
        const url = withDatabase(adminUrl, database);
        await fillDatabase(url, { roles: rolesOf(prefix), server, kind: "tenant" });
      } catch (error) {
        tell(
          `${database} could not be upgraded, and is tried again at the next start: ${(error as Error).message}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: upgradesAtOnce }, upgradeInTurn));
}
