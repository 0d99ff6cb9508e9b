// Does a tenant's page get slower with the number of its neighbours? 10 tenants and 10,000, side by side.

import type { TenantId } from "@hestia/core";
import { makeId } from "@hestia/core";
import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import { figure, measure, throughputRatio, type Variant } from "./measure.ts";
import { makeWorld, type World } from "./world.ts";

const rowsEach = 50;
const sample = 200;
const page =
  "select id, customer, status, amount, created_at from orders order by created_at desc limit 20";

/** The 20-row page of shared tenants at both sizes. */
export async function benchManyTenants(
  folder: string,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const [few, many] = [await makeWorld(folder), await makeWorld(folder)];
  try {
    const variants = [
      await variant("10 tenants", few, 10),
      await variant("10,000 tenants", many, 10_000),
    ];
    const measured = await measure(variants, { callers: 16, rounds, roundMs });
    return {
      timeRatio: 1 / throughputRatio(measured, "10,000 tenants", "10 tenants"),
      p50Ratio:
        figure(measured, "10,000 tenants", "p50Ms") / figure(measured, "10 tenants", "p50Ms"),
    };
  } finally {
    await few.close();
    await many.close();
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

/** Registered in bulk: the partition of a shared tenant is one row. */
async function addShared(world: World, count: number): Promise<Tenant[]> {
  const [first] = await world.addTenants("shared", 1);
  if (!first) throw new Error("no tenant was made");
  const ids = [first.id, ...Array.from({ length: count - 1 }, (): TenantId => makeId(new Date()))];
  await withClient(world.dataUrl, async (client) => {
    await client.query(
      "insert into hestia.tenants (tenant_id, place, state) select t, 'app', 'active' from unnest($1::uuid[]) t on conflict do nothing",
      [ids],
    );
    await client.query(
      `insert into app.orders (tenant_id, id, customer, status, amount, created_at)
       select t, g, 'cust' || g, 'new', g, timestamptz '2026-01-01' + g * interval '1 hour'
       from generate_series(1, $2::int) g, unnest($1::uuid[]) t`,
      [ids, rowsEach],
    );
  });
  await withClient(world.databaseUrl, (client) =>
    client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, plan_id, created_at, updated_at)
       select t, 'b' || replace(t::text, '-', ''), 'b', 'active', 'shared', $2, 'standard', now(), now()
       from unnest($1::uuid[]) t on conflict do nothing`,
      [ids, world.platform.clusterId],
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
