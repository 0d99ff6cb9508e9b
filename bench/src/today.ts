// What people use today, beside Hestia: what keeps tenants apart by row security on a setting, and Hestia's own ways, all to
// raw pg with named statements and a hand-written filter, which keeps nobody apart.

import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import type pg from "pg";
import { type Measured, measure, throughputRatio, type Variant } from "./measure.ts";
import { onTenants } from "./orm.ts";
import { betterTenantOrders } from "./orms/better-tenant.ts";
import { drizzleOrm } from "./orms/drizzle.ts";
import { knexOrm } from "./orms/knex.ts";
import { kysely } from "./orms/kysely.ts";
import {
  anyId,
  columns,
  newOrder,
  type OrdersOf,
  rowsEach,
  type Shape,
  shapes,
} from "./orms/orders.ts";
import { prisma } from "./orms/prisma.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, type World } from "./world.ts";

const tenantsCount = 100;
const connections = 16;
const orms = [kysely, drizzleOrm, prisma, knexOrm];

/** Throughput to raw pg, by way and statement. */
export async function benchToday(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("shared", tenantsCount);
  await fillOrders(world, tenants, rowsEach);
  const url = await rawRole(world);
  await addPolicies(world);
  const pools = {
    raw: await openRawPool(url, connections, "raw"),
    rls: await openRawPool(url, connections, "rls"),
    better: await openRawPool(url, connections, "better"),
  };
  const ways = await waysOf(world, tenants, pools);
  const any = () => tenants[Math.floor(Math.random() * tenants.length)] as Tenant;
  const measured: Measured[] = [];
  for (const shape of shapes) {
    // The extended clients of Prisma's, too, have been used before.
    for (const run of Object.values(ways)) for (const tenant of tenants) await run(tenant, shape);
    const variants: Variant[] = Object.entries(ways).map(([name, run]) => ({
      name,
      run: () => run(any(), shape),
    }));
    measured.push(await measure(variants, { callers: connections, rounds, roundMs }));
  }
  for (const pool of Object.values(pools)) await pool.end();
  return Object.keys(ways).map((way) => ({
    way,
    toRaw: measured.map((each) => throughputRatio(each, way, "raw pg")),
  }));
}

type Run = (tenant: Tenant, shape: Shape) => Promise<unknown>;
type Pools = { readonly raw: pg.Pool; readonly rls: pg.Pool; readonly better: pg.Pool };

async function waysOf(
  world: World,
  tenants: readonly Tenant[],
  pools: Pools,
): Promise<Record<string, Run>> {
  const ways: Record<string, Run> = {
    "raw pg": (tenant, shape) => rawStatement(pools.raw, tenant.id, shape),
    "Hestia: tenant.query": tenantQuery,
  };
  for (const orm of orms) {
    const own = await onTenants(orm, world, tenants);
    ways[`Hestia: ${orm.name} on the tenant's pool`] = (tenant, shape) => own(tenant)[shape]();
  }
  for (const { name, usual } of orms)
    ways[`${name}, ${usual.how}`] = byId(usual.open(pools.rls, "rls"));
  const better = betterTenantOrders(pools.better);
  ways["@usebetterdev/tenant over Drizzle"] = byId(better.unfiltered);
  ways["the same, with a filter beside it"] = byId(better.filtered);
  return ways;
}

const byId =
  (run: OrdersOf): Run =>
  (tenant, shape) =>
    run(tenant.id, shape);

const chosen = columns.join(", ");

function rawStatement(pool: pg.Pool, tenantId: string, name: Shape): Promise<unknown> {
  if (name === "insert") {
    const { id, ...rest } = newOrder();
    const text =
      "insert into orders (tenant_id, id, customer, status, amount) values ($1, $2, $3, $4, $5)";
    return pool.query({ name, text, values: [tenantId, id, ...Object.values(rest)] });
  }
  const from = `select ${chosen} from orders where tenant_id = $1`;
  return name === "point read"
    ? pool.query({ name, text: `${from} and id = $2`, values: [tenantId, anyId()] })
    : pool.query({ name, text: `${from} order by created_at desc limit 20`, values: [tenantId] });
}

function tenantQuery(tenant: Tenant, shape: Shape): Promise<unknown> {
  if (shape === "point read")
    return tenant.query(`select ${chosen} from orders where id = $1`, [anyId()]);
  if (shape === "20-row page")
    return tenant.query(`select ${chosen} from orders order by created_at desc limit 20`);
  return tenant.query(
    "insert into orders (id, customer, status, amount) values ($1, $2, $3, $4)",
    Object.values(newOrder()),
  );
}

/** The rows of raw.orders twice more: with the best policy on a setting, and with that of @usebetterdev/tenant. */
async function addPolicies(world: World): Promise<void> {
  await withClient(world.dataUrl, async (client) => {
    for (const [schema, setting] of [
      ["rls", "app.tenant"],
      ["better", "app.current_tenant"],
    ]) {
      await client.query(`
        create schema ${schema};
        create table ${schema}.orders (like raw.orders including all);
        insert into ${schema}.orders select * from raw.orders;
        alter table ${schema}.orders enable row level security, force row level security,
          alter column tenant_id set default (current_setting('${setting}', true))::uuid;
        grant usage on schema ${schema} to raw;
        grant all on all tables in schema ${schema} to raw;`);
    }
    // Read once a statement, and compared as what the column is, so that the index serves.
    await client.query(`
      create policy own on rls.orders
        using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))
        with check (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))`);
    await client.query(betterTenantPolicy);
    await client.query("vacuum analyze");
  });
}

/** What its command line writes for a table. */
const betterTenantPolicy = `
  create policy rls_orders on better.orders for all
    using ((tenant_id)::text = current_setting('app.current_tenant', true)
      or current_setting('app.bypass_rls', true) = 'true')
    with check ((tenant_id)::text = current_setting('app.current_tenant', true)
      or current_setting('app.bypass_rls', true) = 'true');
  create function better.set_tenant_id() returns trigger as $$
  begin
    if new.tenant_id is null and current_setting('app.current_tenant', true) is not null then
      new.tenant_id := current_setting('app.current_tenant', true)::uuid;
    end if;
    return new;
  end;
  $$ language plpgsql;
  create trigger set_tenant_id_trigger before insert on better.orders
    for each row execute procedure better.set_tenant_id();`;
