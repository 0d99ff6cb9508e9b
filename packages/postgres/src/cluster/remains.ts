// Every store of a cluster that could have something of a tenant's, looked into one by one, whatever its isolation model.

import type { TenantId } from "@hestia/core";
import type pg from "pg";
import { rolledBack } from "./admin.ts";
import { enterScope } from "./delete-rows.ts";
import { quoted } from "./identifiers.ts";

/** A store, and how much of the tenant's was found in it. */
export type FoundStore = { readonly store: string; readonly found: number };

/** Looks into all of them. */
export async function findRemains(
  client: pg.ClientBase,
  tenantId: TenantId,
  { schema, database, owner }: Record<"schema" | "database" | "owner", string>,
): Promise<FoundStore[]> {
  const { rows: stores } = await client.query<FoundStore>(
    `select store, found::integer from (values
       ('schema', (select count(*) from pg_namespace where nspname = $2)),
       ('database', (select count(*) from pg_database where datname = $3)),
       ('login', (select count(*) from pg_roles where rolname = $3)),
       ('place', (select count(*) from hestia.tenants where tenant_id = $1)),
       ('scope keys', (select count(*) from hestia.scopes where tenant_id = $1)),
       ('ledger of migrations', (select count(*) from hestia.migrations where place = $2))
     ) as s (store, found)`,
    [tenantId, schema, database],
  );
  return [...stores, ...(await countShared(client, { tenantId, owner }))];
}

/**
 * The tables that all shared tenants are in, through a scope that is made for the look alone: so it sees the tenant's rows
 * also where nobody passes row security.
 */
async function countShared(
  client: pg.ClientBase,
  { tenantId, owner }: { readonly tenantId: TenantId; readonly owner: string },
): Promise<FoundStore[]> {
  const { rows: tables } = await client.query<{ name: string; shown: string }>(
    `select r.oid::regclass::text as name, r.relname as shown from hestia.relations('app') r
     where r.relkind in ('r', 'p') and not r.relispartition order by r.oid`,
  );
  return rolledBack(client, async () => {
    await client.query(
      "insert into hestia.tenants (tenant_id, place, state) values ($1, 'app', 'ended') on conflict do nothing",
      [tenantId],
    );
    await client.query(`set local role ${quoted(owner)}`);
    await enterScope(client, tenantId);
    const found: FoundStore[] = [];
    for (const { name, shown } of tables) {
      const { rows } = await client.query<{ found: number }>(
        `select count(*)::integer as found from ${name} where tenant_id = $1`,
        [tenantId],
      );
      found.push({ store: `rows of ${shown}`, found: rows[0]?.found ?? 0 });
    }
    return found;
  });
}
