// Takes a shared tenant's rows away, through the same policies that keep its neighbours' rows.
// Invariant: only rows that a scope of this tenant can see are touched; all of it commits or none.

import { randomBytes } from "node:crypto";
import type { TenantId } from "@hestia/core";
import type pg from "pg";
import { quoted } from "./identifiers.ts";

/** Runs inside a transaction. The tenant's row goes with its rows. */
export async function deleteTenantRows(
  client: pg.ClientBase,
  tenantId: TenantId,
  owner: string,
): Promise<void> {
  await client.query(`set local role ${quoted(owner)}`);
  const { rowCount } = await client.query("select from hestia.tenants where tenant_id = $1", [
    tenantId,
  ]);
  if (!rowCount) return;
  const key = randomBytes(32).toString("base64url");
  await client.query("select hestia.set_state($1, 'active')", [tenantId]);
  await client.query("select hestia.issue(sha256(convert_to($1, 'UTF8')), $2)", [key, tenantId]);
  // Seen by this transaction alone: to everyone else the tenant stays ended.
  await client.query("select hestia.enter($1, $2, 'app')", [key, tenantId]);
  const { rows } = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  await deleteInOrder(
    client,
    rows.map((row) => row.name),
  );
  await client.query("delete from hestia.tenants where tenant_id = $1", [tenantId]);
}

/** Children before parents: what a reference still holds is tried again after the others. */
async function deleteInOrder(client: pg.ClientBase, tables: string[]): Promise<void> {
  await client.query("set constraints all deferred");
  let waiting = tables;
  while (waiting.length > 0) {
    const held: string[] = [];
    for (const table of waiting) if (!(await deleteAll(client, table))) held.push(table);
    if (held.length === waiting.length)
      throw new Error(`the rows in ${held.join(", ")} refer to each other`);
    waiting = held;
  }
}

async function deleteAll(client: pg.ClientBase, table: string): Promise<boolean> {
  await client.query("savepoint before_delete");
  try {
    await client.query(`delete from ${table}`);
    await client.query("release savepoint before_delete");
    return true;
  } catch (error) {
    await client.query("rollback to savepoint before_delete");
    if ((error as { code?: string }).code === "23503") return false;
    throw error;
  }
}
