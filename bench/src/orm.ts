// Does an ORM lose anything on a tenant's pool? Kysely on it, against Kysely on a raw pool with a hand-written filter.

import type { Tenant } from "@hestia/postgres";
import { Kysely, PostgresDialect } from "kysely";
import { measure, throughputRatio } from "./measure.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, type World } from "./world.ts";

const tenantsCount = 100;
const rowsEach = 500;
const connections = 16;

type Orders = {
  tenant_id: string;
  id: number;
  customer: string;
  status: string;
  amount: number;
  created_at: Date;
};
type Own = { orders: Omit<Orders, "tenant_id"> };
type All = { "raw.orders": Orders };

const columns = ["id", "customer", "status", "amount", "created_at"] as const;
let nextId = 1_000_000;
const anyId = () => 1 + Math.floor(Math.random() * rowsEach);

/** Throughput on tenants' pools to that on a raw pool, by statement. */
export async function benchOrm(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("shared", tenantsCount);
  await fillOrders(world, tenants, rowsEach);
  const pool = await openRawPool(await rawRole(world), connections);
  const all = new Kysely<All>({ dialect: new PostgresDialect({ pool }) });
  const own = new Map(
    tenants.map((tenant) => [
      tenant,
      new Kysely<Own>({ dialect: new PostgresDialect({ pool: world.hestia.pool(tenant) }) }),
    ]),
  );
  const any = () => tenants[Math.floor(Math.random() * tenants.length)] as Tenant;
  const ofAny = () => own.get(any()) as Kysely<Own>;
  const row = () => ({ id: nextId++, customer: "c", status: "new", amount: 7 });
  const shapes = {
    "point read": {
      raw: () =>
        all
          .selectFrom("raw.orders")
          .select(columns)
          .where("tenant_id", "=", any().id)
          .where("id", "=", anyId())
          .execute(),
      own: () => ofAny().selectFrom("orders").select(columns).where("id", "=", anyId()).execute(),
    },
    "20-row page": {
      raw: () =>
        all
          .selectFrom("raw.orders")
          .select(columns)
          .where("tenant_id", "=", any().id)
          .orderBy("created_at", "desc")
          .limit(20)
          .execute(),
      own: () =>
        ofAny()
          .selectFrom("orders")
          .select(columns)
          .orderBy("created_at", "desc")
          .limit(20)
          .execute(),
    },
    insert: {
      raw: () =>
        all
          .insertInto("raw.orders")
          .values({ tenant_id: any().id, created_at: new Date(), ...row() })
          .execute(),
      own: () =>
        ofAny()
          .insertInto("orders")
          .values({ created_at: new Date(), ...row() })
          .execute(),
    },
  };
  const results = [];
  for (const [shape, { raw, own: scoped }] of Object.entries(shapes)) {
    const variants = [
      { name: "raw", run: raw as () => Promise<unknown> },
      { name: "own", run: scoped as () => Promise<unknown> },
    ];
    const measured = await measure(variants, { callers: 16, rounds, roundMs });
    results.push({ shape, toRaw: throughputRatio(measured, "own", "raw") });
  }
  await all.destroy();
  return results;
}
