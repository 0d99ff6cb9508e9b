// 200 tenants with a database each on a budget of 20 connections, some asked far more often than others, against one pool
// of 20 connections to one database with all their rows.

import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import { figure, measure, quantile, throughputRatio } from "./measure.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, type World } from "./world.ts";

export const databasesCount = 200;
export const budget = 20;
const rowsEach = 100;
const columns = "id, customer, status, amount, created_at";

/** Throughput and median to the pool's, and how long each tenant waited at most. */
export async function benchManyDatabases(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("database", databasesCount);
  for (const tenant of tenants)
    await tenant.query(
      `insert into orders (id, customer, status, amount)
       select g, 'cust' || g, 'new', g from generate_series(1, $1::int) g`,
      [rowsEach],
    );
  // The same rows in one database, under the same ids.
  await fillOrders(world, await world.addTenants("shared", 1), 1);
  await withClient(world.dataUrl, (client) =>
    client.query(
      `insert into raw.orders (tenant_id, id, customer, status, amount)
       select t, g, 'cust' || g, 'new', g from unnest($1::uuid[]) t, generate_series(1, $2::int) g`,
      [tenants.map(({ id }) => id), rowsEach],
    ),
  );
  const pool = await openRawPool(await rawRole(world), budget);
  const any = chooser(tenants);
  const waits = new Map<Tenant, number>();
  const measured = await measure(
    [
      {
        name: "pool",
        run: () =>
          pool.query({
            name: "page",
            text: `select ${columns} from raw.orders where tenant_id = $1 order by created_at desc limit 20`,
            values: [any().id],
          }),
      },
      {
        name: "databases",
        async run() {
          const [tenant, begun] = [any(), performance.now()];
          await tenant.query(`select ${columns} from orders order by created_at desc limit 20`);
          const ms = performance.now() - begun;
          waits.set(tenant, Math.max(waits.get(tenant) ?? 0, ms));
        },
      },
    ],
    { callers: 32, rounds, roundMs },
  );
  await pool.end();
  return {
    toPool: throughputRatio(measured, "databases", "pool"),
    p50ToPool: figure(measured, "databases", "p50Ms") / figure(measured, "pool", "p50Ms"),
    served: waits.size,
    slowestMs: quantile([...waits.values()], 1 - 1 / databasesCount),
    refused: Object.values(world.hestia.connections()).reduce(
      (sum, { refused, timedOut }) => sum + refused + timedOut,
      0,
    ),
  };
}

/** By Zipf's law: the second is asked half as often as the first, the third a third as often. */
function chooser(tenants: readonly Tenant[]): () => Tenant {
  const bounds: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= tenants.length; rank += 1) {
    sum += 1 / rank;
    bounds.push(sum);
  }
  return () => {
    const at = Math.random() * sum;
    return tenants[bounds.findIndex((bound) => at < bound)] as Tenant;
  };
}
