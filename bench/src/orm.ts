// Does an ORM lose anything on a tenant's pool? Each on it, against the same on a raw pool with a hand-written filter.

import type { Tenant } from "@hestia/postgres";
import { measure, throughputRatio } from "./measure.ts";
import { drizzleOrm } from "./orms/drizzle.ts";
import { kysely } from "./orms/kysely.ts";
import { type Orm, rowsEach, shapes } from "./orms/orders.ts";
import { prisma } from "./orms/prisma.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, type World } from "./world.ts";

const tenantsCount = 100;
const connections = 16;

/** Throughput on tenants' pools to that on a raw pool, by ORM and statement. */
export async function benchOrm(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("shared", tenantsCount);
  await fillOrders(world, tenants, rowsEach);
  const pool = await openRawPool(await rawRole(world), connections, "raw");
  const results = [];
  for (const orm of [kysely, drizzleOrm, prisma]) {
    const raw = orm.open(pool, "raw");
    const own = await onTenants(orm, world, tenants);
    const any = () => tenants[Math.floor(Math.random() * tenants.length)] as Tenant;
    for (const shape of shapes) {
      const variants = [
        { name: "raw", run: () => raw[shape](any().id) },
        { name: "own", run: () => own(any())[shape]() },
      ];
      const measured = await measure(variants, { callers: connections, rounds, roundMs });
      results.push({ orm: orm.name, shape, toRaw: throughputRatio(measured, "own", "raw") });
    }
  }
  await pool.end();
  return results;
}

/** One over each tenant's pool, each of which has been used before, as in a process that has run for a while. */
export async function onTenants(orm: Orm, world: World, tenants: readonly Tenant[]) {
  const own = new Map(tenants.map((tenant) => [tenant, orm.open(world.hestia.pool(tenant))]));
  for (const orders of own.values()) for (const shape of shapes) await orders[shape]();
  return (tenant: Tenant) => own.get(tenant) as ReturnType<Orm["open"]>;
}
