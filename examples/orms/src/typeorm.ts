// The shop with TypeORM. Entities leave `tenant_id` out and join on `id`; they are schemas here, since Node runs
// TypeScript without decorators, but @Entity classes are written alike.

import { tenantDataSource } from "@hestia/postgres/typeorm";
import type pg from "pg";
import { type EntityManager, EntitySchema } from "typeorm";
import type { Audit, Failure, NewOrder, Shop } from "./shop.ts";

type CustomerRow = { id: string; email: string; orders: OrderRow[] };
type OrderRow = { id: string; customer: CustomerRow; currency: CurrencyRow; cents: number };
type CurrencyRow = { code: string; name: string };

const currencies = new EntitySchema<CurrencyRow>({
  name: "Currency",
  tableName: "currencies",
  columns: { code: { type: "text", primary: true }, name: { type: "text" } },
});

const customers = new EntitySchema<CustomerRow>({
  name: "Customer",
  tableName: "customers",
  columns: {
    id: { type: "bigint", primary: true, generated: "increment" },
    email: { type: "text" },
  },
  relations: { orders: { type: "one-to-many", target: "Order", inverseSide: "customer" } },
});

const orders = new EntitySchema<OrderRow>({
  name: "Order",
  tableName: "orders",
  columns: {
    id: { type: "uuid", primary: true, generated: "uuid" },
    cents: { type: "integer" },
  },
  relations: {
    customer: { type: "many-to-one", target: "Customer", joinColumn: { name: "customer_id" } },
    currency: { type: "many-to-one", target: "Currency", joinColumn: { name: "currency" } },
  },
});

/** Opens the shop over a tenant's pool, or over the ambient one. */
export async function typeormShop(pool: pg.Pool): Promise<Shop> {
  const db = tenantDataSource(pool, { entities: [currencies, customers, orders] });
  await db.initialize();
  return {
    async register(email) {
      await db.getRepository(customers).insert({ email });
    },

    place: (order) => db.transaction((tx) => insertOrder(tx, order)),

    placeAll: (all) =>
      db.transaction(async (tx) => {
        let accepted = 0;
        for (const order of all) {
          await tx
            .transaction((savepoint) => insertOrder(savepoint, order))
            .then(
              () => (accepted += 1),
              () => {},
            );
        }
        return accepted;
      }),

    async amountOf(id) {
      const row = await db.getRepository(orders).findOneBy({ id });
      return row?.cents;
    },

    async orders() {
      const found = await db.getRepository(orders).find({
        relations: { customer: true, currency: true },
        order: { cents: "asc" },
      });
      return found.map(({ id, customer, currency, cents }) => ({
        id,
        email: customer.email,
        currency: currency.name,
        cents,
      }));
    },

    async customers() {
      const found = await db.getRepository(customers).find({
        relations: { orders: true },
        order: { email: "asc", orders: { cents: "asc" } },
      });
      return found.map(({ email, orders }) => ({ email, cents: orders.map(({ cents }) => cents) }));
    },

    async reprice(id, cents) {
      const { affected } = await db.getRepository(orders).update({ id }, { cents });
      return affected === 1;
    },

    async cancel(id) {
      const { affected } = await db.getRepository(orders).delete({ id });
      return affected === 1;
    },

    audit: () =>
      db.transaction("SERIALIZABLE", async (tx) => {
        await tx.query("set transaction read only");
        const seen = await tx
          .createQueryBuilder(orders, "o")
          .select("coalesce(sum(o.cents), 0)::int", "cents")
          .addSelect("current_setting('transaction_isolation')", "isolation")
          .addSelect("current_setting('transaction_read_only')", "readOnly")
          .getRawOne<Audit>();
        if (!seen) throw new Error("an aggregate without a row");
        return seen;
      }),

    async *amounts() {
      const runner = db.createQueryRunner();
      try {
        const rows = await db
          .createQueryBuilder(orders, "o", runner)
          .select("o.cents", "cents")
          .orderBy("o.cents")
          .stream();
        for await (const row of rows) yield (row as unknown as OrderRow).cents;
      } finally {
        await runner.release();
      }
    },

    // TypeORM puts what pg's error says on its own.
    failure: (error) => error as Failure,
  };
}

async function insertOrder(
  tx: EntityManager,
  { email, currency, cents }: NewOrder,
): Promise<string> {
  const customer = await tx
    .createQueryBuilder()
    .insert()
    .into(customers)
    .values({ email })
    .orUpdate(["email"], "customers_email_key")
    .execute();
  const order = await tx.getRepository(orders).insert({
    customer: { id: customer.identifiers[0]?.id },
    currency: { code: currency },
    cents,
  });
  return order.identifiers[0]?.id;
}
