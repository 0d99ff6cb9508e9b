// Does a tenant's page get slower with the number of its neighbours? 10 tenants beside 10,000, and beside 100,000.

import type { TenantId } from "@hestia/core";
import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import { figure, measure, throughputRatio, type Variant } from "./measure.ts";
import { addSharedTenants, makeWorld, type World } from "./world.ts";

const few = 10;
const rowsEach = 50;
const sample = 200;
const page =
  "select id, customer, status, amount, created_at from orders order by created_at desc limit 20";

/** The 20-row page of shared tenants, with so many of them to with ten. */
export async function benchManyTenants(
  folder: string,
  many: number,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const worlds = [await makeWorld(folder), await makeWorld(folder)] as const;
  try {
    const variants = [await variant("few", worlds[0], few), await variant("many", worlds[1], many)];
    const measured = await measure(variants, { callers: 16, rounds, roundMs });
    return {
      many,
      timeRatio: 1 / throughputRatio(measured, "many", "few"),
      p50Ratio: figure(measured, "many", "p50Ms") / figure(measured, "few", "p50Ms"),
    };
  } finally {
    for (const world of worlds) await world.close();
  }
}

async function variant(name: string, world: World, count: number): Promise<Variant> {
  const tenants = await addShared(world, count);
  for (const tenant of tenants) await tenant.query("select 1");
  await withClient(world.dataUrl, (client) => client.query("vacuum analyze"));
  return {
    name,
    run: () => (tenants[Math.floor(Math.random() * tenants.length)] as Tenant).query(page),
  };
}

/** The tenants that are asked: a sample where there are many. */
async function addShared(world: World, count: number): Promise<Tenant[]> {
  const ids = await addSharedTenants(world, count);
  await withClient(world.dataUrl, (client) =>
    client.query(
      `insert into app.orders (tenant_id, id, customer, status, amount, created_at)
       select t, g, 'cust' || g, 'new', g, timestamptz '2026-01-01' + g * interval '1 hour'
       from generate_series(1, $2::int) g, unnest($1::uuid[]) t`,
      [ids, rowsEach],
    ),
  );
  const chosen =
    ids.length <= sample
      ? ids
      : Array.from(
          { length: sample },
          (_, index) => ids[Math.floor((index * ids.length) / sample)] as TenantId,
        );
  return Promise.all(chosen.map((id) => world.hestia.tenant(id)));
}
