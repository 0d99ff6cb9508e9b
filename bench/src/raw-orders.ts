// The orders of tenants twice: in the tables that Hestia isolates, and in a schema without isolation, for raw pg.

import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import type { World } from "./world.ts";

/** Gives shared tenants `rowsEach` orders, numbered from 1, and copies all of them to raw.orders. */
export async function fillOrders(
  world: World,
  tenants: readonly Tenant[],
  rowsEach: number,
): Promise<void> {
  await withClient(world.dataUrl, async (client) => {
    await client.query(
      `insert into app.orders (tenant_id, id, customer, status, amount, created_at)
       select t, g, 'cust' || g % 50, (array['new', 'paid', 'sent', 'done'])[1 + g % 4], g * 125,
         timestamptz '2026-01-01' + g * interval '1 hour'
       from unnest($1::uuid[]) t, generate_series(1, $2::int) g`,
      [tenants.map((tenant) => tenant.id), rowsEach],
    );
    await client.query("create schema raw");
    await client.query("create table raw.orders (like app.orders including all)");
    await client.query("insert into raw.orders select * from app.orders");
    await client.query("vacuum analyze");
  });
}
