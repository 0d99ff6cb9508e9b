// One scenario against every ORM, over a tenant's pool and over the ambient one, in every model.

import { isolationModels } from "@hestia/core";
import { perTenant, runWithTenant, type Tenant } from "@hestia/postgres";
import { TenantPrismaPg } from "@hestia/postgres/prisma";
import { tenantDataSource } from "@hestia/postgres/typeorm";
import { PrismaPg } from "@prisma/adapter-pg";
import knex, { type Knex } from "knex";
import type pg from "pg";
import { type DataSource, EntitySchema } from "typeorm";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { PrismaClient } from "../prisma/generated/client.ts";
import { type Orm, orms } from "./orms.ts";
import type { Shop } from "./shop.ts";
import { makeWorld, type World } from "./world.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"));
});
afterAll(() => world?.close());

const ways = ["its own pool", "the ambient pool"] as const;

describe.each(orms)("$name", (orm) => {
  describe.each(isolationModels.flatMap((model) => ways.map((way) => [model, way] as const)))(
    "for a tenant in the model %s over %s",
    (model, way) => {
      let tenant: Tenant;
      let neighbour: Tenant;
      let shop: Shop;
      /** Runs the work as the tenant's own request would. */
      const asked = <T>(work: () => Promise<T>) =>
        way === "its own pool" ? work() : runWithTenant(tenant, work);

      beforeAll(async () => {
        [tenant, neighbour] = world.two(model);
        shop = await open(orm, way, tenant);
      });
      beforeEach(async () => {
        await world.empty([tenant, neighbour]);
        // A leak has something to leak.
        await neighbour.query(
          `with c as (insert into customers (email) values ('ann@example.com') returning id)
           insert into orders (customer_id, currency, cents) select id, 'USD', 666 from c`,
        );
      });

      test("inserts, reads, updates and deletes", async () => {
        const id = await asked(() => shop.place(ann(100)));
        expect(await asked(() => shop.amountOf(id))).toBe(100);
        expect(await asked(() => shop.reprice(id, 150))).toBe(true);
        expect(await asked(() => shop.amountOf(id))).toBe(150);
        expect(await asked(() => shop.cancel(id))).toBe(true);
        expect(await asked(() => shop.amountOf(id))).toBeUndefined();
        expect(await asked(() => shop.reprice(id, 1))).toBe(false);
        expect(await asked(() => shop.cancel(id))).toBe(false);
      });

      test("does not find, change or delete a neighbour's row by its id", async () => {
        const { rows } = await neighbour.query("select id from orders");
        const id = String(rows[0]?.id);
        expect(await asked(() => shop.amountOf(id))).toBeUndefined();
        expect(await asked(() => shop.reprice(id, 1))).toBe(false);
        expect(await asked(() => shop.cancel(id))).toBe(false);
        expect((await neighbour.query("select id, cents from orders")).rows).toEqual([
          { id, cents: 666 },
        ]);
      });

      test("joins with the tenant's tables and with shared ones, and follows relations", async () => {
        const first = await asked(() => shop.place(ann(300, "USD")));
        const second = await asked(() => shop.place(ann(200)));
        await asked(() => shop.register("bob@example.com"));
        expect(await asked(() => shop.orders())).toEqual([
          { id: second, email: "ann@example.com", currency: "Euro", cents: 200 },
          { id: first, email: "ann@example.com", currency: "US dollar", cents: 300 },
        ]);
        expect(await asked(() => shop.customers())).toEqual([
          { email: "ann@example.com", cents: [200, 300] },
          { email: "bob@example.com", cents: [] },
        ]);
      });

      test("rolls a transaction back whose work fails", async () => {
        await expect(asked(() => shop.place(ann(100, "GBP")))).rejects.toThrow();
        expect(await asked(() => shop.customers())).toEqual([]);
      });

      test("undoes a nested transaction that fails, and goes on with the outer one", async () => {
        const accepted = await asked(() =>
          shop.placeAll([ann(100), ann(200, "GBP"), ann(-1), ann(300)]),
        );
        expect(accepted).toBe(2);
        expect(await asked(() => shop.customers())).toEqual([
          { email: "ann@example.com", cents: [100, 300] },
        ]);
      });

      test("chooses the isolation level, and to read only", async () => {
        await asked(() => shop.place(ann(100)));
        await asked(() => shop.place(ann(200)));
        expect(await asked(() => shop.audit())).toEqual({
          cents: 300,
          isolation: "serializable",
          readOnly: "on",
        });
      });

      if (orm.streams)
        test("streams rows, to the end or a part of them", async () => {
          const amounts = [100, 200, 300, 400, 500];
          await asked(() => shop.placeAll(amounts.map((cents) => ann(cents))));
          const read = (count: number) =>
            asked(async () => {
              const seen = [];
              for await (const cents of shop.amounts?.() ?? []) {
                seen.push(cents);
                if (seen.length === count) break;
              }
              return seen;
            });
          expect(await read(Number.POSITIVE_INFINITY)).toEqual(amounts);
          // A stream that is left gives its connection back, however often.
          for (let time = 0; time < 9; time += 1) expect(await read(1)).toEqual([100]);
        });

      test("shows the SQLSTATE and the constraint of what PostgreSQL refuses", async () => {
        await asked(() => shop.register("ann@example.com"));
        const taken = await asked(() => shop.register("ann@example.com")).catch(shop.failure);
        expect(taken).toMatchObject({ code: "23505", constraint: "customers_email_key" });
        const unknown = await asked(() => shop.place(ann(100, "GBP"))).catch(shop.failure);
        expect(unknown).toMatchObject({ code: "23503", constraint: "orders_currency_fkey" });
      });

      test("is refused from the moment of a suspension until its end", async () => {
        const id = await asked(() => shop.place(ann(100)));
        const refused = { code: "tenant_suspended" };
        await world.setStatus(tenant.slug, "suspended");
        try {
          expect(await asked(() => shop.amountOf(id)).catch(shop.failure)).toMatchObject(refused);
          expect(await asked(() => shop.place(ann(100))).catch(shop.failure)).toMatchObject(
            refused,
          );
        } finally {
          await world.setStatus(tenant.slug, "active");
          await expect.poll(() => asked(() => shop.amountOf(id)).catch(shop.failure)).toBe(100);
        }
      });
    },
  );

  test("serves two hundred tenants at once on few connections, each with its own rows", async () => {
    await world.empty(world.tenants);
    const shop = await orm.openAmbient(world.hestia);
    const seen = await Promise.all(
      world.tenants.map((tenant) => runWithTenant(tenant, () => visit(shop, tenant.slug))),
    );
    expect(seen).toEqual(
      world.tenants.map(({ slug }) => {
        const email = `${slug}@example.com`;
        return {
          amounts: [10, 20, 30],
          customers: [{ email, cents: [10, 20, 30] }],
          emails: [email, email, email],
          total: 60,
        };
      }),
    );
  });
});

/** What one tenant's user does and sees while the others do the same. */
async function visit(shop: Shop, slug: string) {
  const order = (cents: number) => ({ email: `${slug}@example.com`, currency: "EUR", cents });
  const ids = [await shop.place(order(10)), await shop.place(order(19))];
  await shop.placeAll([order(30), order(-1)]);
  await shop.reprice(String(ids[1]), 20);
  const [amounts, customers, orders, audit] = await Promise.all([
    Promise.all(ids.map((id) => shop.amountOf(id))),
    shop.customers(),
    shop.orders(),
    shop.audit(),
  ]);
  return {
    amounts: [...amounts, orders.at(-1)?.cents],
    customers,
    emails: orders.map(({ email }) => email),
    total: audit.cents,
  };
}

describe("what a tenant's pool does not do", () => {
  let pool: pg.Pool;
  let db: Knex;
  let dataSource: DataSource;
  let prisma: PrismaClient;
  beforeAll(async () => {
    const [tenant] = world.two("shared");
    pool = world.hestia.pool(tenant);
    db = knex({ client: "pg", connectionPool: pool });
    dataSource = tenantDataSource(pool, { entities: [customers] });
    await dataSource.initialize();
    prisma = new PrismaClient({ adapter: new TenantPrismaPg(pool) });
    await world.empty([tenant]);
  });
  // TypeORM keeps the connection of a migration that fails until then.
  afterAll(() => dataSource.destroy());

  const customers = new EntitySchema<{ id: string; email: string }>({
    name: "Customer",
    tableName: "customers",
    columns: {
      id: { type: "bigint", primary: true, generated: "increment" },
      email: { type: "text", unique: true },
    },
  });
  const email = "ann@example.com";

  test.each<[string, string, () => PromiseLike<unknown>]>([
    ["tables", "statement_refused", () => db.schema.createTable("x", (table) => table.text("a"))],
    ["synchronisation", "42501", () => dataSource.synchronize()],
    ["TypeORM's migrations", "42501", () => dataSource.runMigrations()],
    ["introspection", "42501", () => db.schema.hasTable("orders")],
    ["Knex's truncate", "statement_refused", () => db("orders").truncate()],
    ["TypeORM's clear", "statement_refused", () => dataSource.getRepository(customers).clear()],
    ["Knex's search path", "statement_refused", () => db.raw("set search_path to public")],
    [
      "Knex's upsert by a column",
      "42P10",
      () => db("customers").insert({ email }).onConflict("email").merge(),
    ],
    [
      "TypeORM's upsert by a column",
      "42P10",
      () => dataSource.getRepository(customers).upsert({ email }, ["email"]),
    ],
    [
      "Prisma's upsert by a column",
      "42P10",
      () =>
        prisma.customer
          .upsert({ where: { email }, create: { email }, update: { email } })
          .catch((error) => Promise.reject(error.meta.driverAdapterError.cause)),
    ],
  ])("%s", async (_, code, run) => {
    const error = await run().then(
      () => "not refused",
      (refusal) => refusal.originalCode ?? refusal.code,
    );
    expect(error).toBe(code);
  });

  test("Prisma's upsert with a relation works, by two statements", async () => {
    const upsert = () =>
      prisma.customer.upsert({
        where: { email },
        create: { email },
        update: { email },
        include: { orders: true },
      });
    const made = await upsert();
    expect(await upsert()).toEqual(made);
  });
});

describe("Prisma, which asks once for what is asked of it at once,", () => {
  const email = "ann@example.com";
  const idOf = (prisma: PrismaClient) => prisma.customer.findUnique({ where: { email } });

  beforeAll(async () => {
    await world.empty(world.tenants);
    for (const tenant of world.two("shared"))
      await tenant.query("insert into customers (email) values ($1)", [email]);
  });

  test("answers each tenant by a client of its own", async () => {
    const clientOf = perTenant(prismaClientOf);
    const answers = await Promise.all(
      world.two("shared").map(async (tenant) => {
        const { rows } = await tenant.query("select id from customers");
        return [(await idOf(clientOf(tenant)))?.id, BigInt(String(rows[0]?.id))];
      }),
    );
    expect(new Set(answers.flat()).size).toBe(2);
    for (const [given, own] of answers) expect(given).toBe(own);
  });

  test("is kept from the ambient pool, over which it would answer one tenant with another's row", async () => {
    const ambient = world.hestia.ambientPool();
    expect(() => new TenantPrismaPg(ambient)).toThrow("serves one tenant");
    const shared = new PrismaClient({ adapter: new PrismaPg(ambient, { schema: "app" }) });
    const answers = await Promise.all(
      world.two("shared").map((tenant) => runWithTenant(tenant, async () => idOf(shared))),
    );
    expect(answers[0]?.id).toBe(answers[1]?.id);
  });

  const prismaClientOf = (tenant: Tenant) =>
    new PrismaClient({ adapter: new TenantPrismaPg(world.hestia.pool(tenant)) });
});

const ann = (cents: number, currency = "EUR") => ({ email: "ann@example.com", currency, cents });

function open(orm: Orm, way: (typeof ways)[number], tenant: Tenant): Shop | Promise<Shop> {
  return way === "its own pool" ? orm.open(world.hestia, tenant) : orm.openAmbient(world.hestia);
}
