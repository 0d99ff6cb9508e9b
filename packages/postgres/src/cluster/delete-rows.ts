// Takes a shared tenant's rows away, through the same policies that keep its neighbours' rows.
// Invariant: only rows that a scope of this tenant can see are touched; all of it commits or none.

import { randomBytes } from "node:crypto";
import type { TenantId } from "@hestia/core";
import type pg from "pg";
import { inTransaction } from "./admin.ts";
import { quoted } from "./identifiers.ts";

/** Rows of a table that one transaction takes away: short enough that neighbours do not feel its locks and its WAL. */
const batchRows = 5_000;

/**
 * Takes most rows away, in transactions of their own, as a superuser may: without triggers, and without asking foreign
 * keys, since everything of the tenant goes. `tell` hears how many are gone. What is left is for `deleteTenantRows`.
 */
export async function thinOutRows(
  client: pg.ClientBase,
  tenantId: TenantId,
  { owner, tell }: { readonly owner: string; readonly tell: (gone: number) => void },
): Promise<void> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select r.oid::regclass::text as name from hestia.relations('app') r
     where r.relkind in ('r', 'p') and not r.relispartition
       and exists (select from hestia.tenants where tenant_id = $1) order by r.oid`,
    [tenantId],
  );
  let gone = 0;
  for (const { name } of tables)
    for (let deleted = batchRows; deleted === batchRows; ) {
      deleted = await inTransaction(client, async () => {
        if (!(await silenceAll(client))) return 0;
        await client.query(`set local role ${quoted(owner)}`);
        const state = await enterScope(client, tenantId);
        const { rowCount } = await client.query(
          `delete from ${name} where tenant_id = $1 and (tableoid, ctid) in (
             select tableoid, ctid from ${name} where tenant_id = $1 limit ${batchRows})`,
          [tenantId],
        );
        await client.query("select hestia.set_state($1, $2)", [tenantId, state]);
        return rowCount ?? 0;
      });
      gone += deleted;
      if (deleted > 0) tell(gone);
    }
}

/** What triggers write while rows are deleted takes another round; more than this is one that never ends. */
const roundsMax = 10;

/** Runs inside a transaction. The tenant's row goes with its rows. */
export async function deleteTenantRows(
  client: pg.ClientBase,
  tenantId: TenantId,
  owner: string,
): Promise<void> {
  const { rowCount } = await client.query(
    "select from hestia.tenants where tenant_id = $1 for update",
    [tenantId],
  );
  if (!rowCount) return;
  const superuser = await silenceAll(client);
  await client.query(`set local role ${quoted(owner)}`);
  const triggers = superuser ? [] : await silenceTriggers(client);
  await enterScope(client, tenantId);
  const { rows } = await client.query<{ name: string }>(
    `select r.oid::regclass::text as name from hestia.relations('app') r
     where r.relkind in ('r', 'p') and not r.relispartition order by r.oid`,
  );
  await deleteAll(
    client,
    tenantId,
    rows.map((row) => row.name),
  );
  for (const { table, name, how } of triggers)
    await client.query(`alter table ${table} ${how} trigger ${quoted(name)}`);
  // Its keys by name: without triggers they do not follow the tenant by themselves.
  await client.query("delete from hestia.scopes where tenant_id = $1", [tenantId]);
  await client.query("delete from hestia.tenants where tenant_id = $1", [tenantId]);
}

/**
 * All that refers to these rows goes with them, so foreign keys need no proof, which could take hours; and triggers are
 * for what the application deletes. False where there is no superuser.
 */
export async function silenceAll(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ superuser: boolean }>(
    "select current_setting('is_superuser')::boolean as superuser",
  );
  if (!rows[0]?.superuser) return false;
  await client.query("set local session_replication_role = replica");
  return true;
}

type Trigger = { readonly table: string; readonly name: string; readonly how: string };

/** An owner can silence the application's triggers, but not foreign keys; it locks their tables against writers. */
async function silenceTriggers(client: pg.ClientBase): Promise<Trigger[]> {
  const { rows } = await client.query<Trigger>(
    `select r.oid::regclass::text as table, g.tgname as name, case g.tgenabled when 'A' then 'enable always' else 'enable' end as how
     from hestia.relations('app') r join pg_trigger g on g.tgrelid = r.oid
     where not g.tgisinternal and g.tgparentid = 0 and g.tgenabled in ('O', 'A') and g.tgtype & 8 = 8`,
  );
  for (const { table, name } of rows)
    await client.query(`alter table ${table} disable trigger ${quoted(name)}`);
  return rows;
}

/**
 * Seen by this transaction alone, if that sets the state back that this returns: to everyone else the tenant stays as it
 * was.
 */
export async function enterScope(
  client: pg.ClientBase,
  tenantId: TenantId,
): Promise<string | undefined> {
  const { rows } = await client.query<{ state: string }>(
    "select state from hestia.tenants where tenant_id = $1 for update",
    [tenantId],
  );
  const key = randomBytes(32).toString("base64url");
  await client.query("select hestia.set_state($1, 'active')", [tenantId]);
  await client.query("select hestia.issue(sha256(convert_to($1, 'UTF8')), $2)", [key, tenantId]);
  await client.query("select hestia.enter($1)", [key]);
  return rows[0]?.state;
}

/** One statement for all tables: references are looked at when it ends, so cycles and restrictions do not matter. */
async function deleteAll(
  client: pg.ClientBase,
  tenantId: TenantId,
  tables: readonly string[],
): Promise<void> {
  if (tables.length === 0) return;
  const deletes = tables.map(
    (table, at) => `d${at} as (delete from ${table} where tenant_id = $1)`,
  );
  const left = tables.map((table) => `exists (select from ${table} where tenant_id = $1)`);
  await client.query("set constraints all deferred");
  for (let round = 1; round <= roundsMax; round += 1) {
    await client.query(`with ${deletes.join(", ")} select`, [tenantId]);
    const { rows } = await client.query<{ left: boolean }>(`select ${left.join(" or ")} as left`, [
      tenantId,
    ]);
    if (!rows[0]?.left) return;
  }
  throw new Error(`a trigger writes rows of tenant ${tenantId} whenever its rows are deleted`);
}
