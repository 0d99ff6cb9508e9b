// Does a tenant's page get slower with the number of its neighbours? 10 tenants beside 10,000, and beside 100,000; and the
// same of raw pg with a hand-written filter, by a role that row security does not concern.

import type { TenantId } from "@hestia/core";
import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import { measure, roundRatio, throughputRatio, type Variant } from "./measure.ts";
import { addSharedTenants, makeWorld, openRawPool, type World } from "./world.ts";

const few = 10;
const rowsEach = 50;
/** Tenants that are asked, where there are more. */
const sample = 2_000;
const connections = 16;
const columns = "id, customer, status, amount, created_at";
const page = `select ${columns} from orders order by created_at desc limit 20`;
const rawPage = `select ${columns} from app.orders where tenant_id = $1 order by created_at desc limit 20`;

/** The 20-row page of shared tenants, with so many of them to with ten. */
export async function benchManyTenants(
  folder: string,
  many: number,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const worlds = [await makeWorld(folder), await makeWorld(folder)] as const;
  try {
    const variants = [
      ...(await variantsOf("few", worlds[0], few)),
      ...(await variantsOf("many", worlds[1], many)),
    ];
    const measured = await measure(variants, { callers: connections, rounds, roundMs });
    return {
      many,
      timeRatio: 1 / throughputRatio(measured, "many", "few"),
      p50Ratio: roundRatio(measured, "many", "few", ({ p50Ms }) => p50Ms),
      rawTimeRatio: 1 / throughputRatio(measured, "many, raw", "few, raw"),
    };
  } finally {
    for (const world of worlds) await world.close();
  }
}

async function variantsOf(name: string, world: World, count: number): Promise<Variant[]> {
  const tenants = await addShared(world, count);
  for (const tenant of tenants) await tenant.query("select 1");
  await withClient(world.dataUrl, (client) => client.query("vacuum analyze"));
  const pool = await openRawPool(world.dataUrl, connections);
  const any = () => tenants[Math.floor(Math.random() * tenants.length)] as Tenant;
  return [
    { name, run: () => any().query(page) },
    {
      name: `${name}, raw`,
      run: () => pool.query({ name: "page", text: rawPage, values: [any().id] }),
    },
  ];
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
  const tenants: Tenant[] = [];
  for (const id of chosen) tenants.push(await world.hestia.tenant(id));
  return tenants;
}
