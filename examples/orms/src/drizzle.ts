// The shop with Drizzle over node-postgres. A table that is upserted into declares `tenantId`, since its key has it;
// other tables leave it out.

import { asc, DrizzleQueryError, eq, relations, sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { bigint, integer, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import type pg from "pg";
import type { Failure, NewOrder, Shop } from "./shop.ts";

const currencies = pgTable("currencies", {
  code: text().primaryKey(),
  name: text().notNull(),
});

const customers = pgTable(
  "customers",
  {
    tenantId: uuid("tenant_id").notNull().default(sql`hestia.tenant_id()`),
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    email: text().notNull(),
  },
  (table) => [unique("customers_email_key").on(table.tenantId, table.email)],
);

const orders = pgTable("orders", {
  id: uuid().primaryKey().defaultRandom(),
  customerId: bigint("customer_id", { mode: "number" }).notNull(),
  currency: text().notNull(),
  cents: integer().notNull(),
});

const schema = {
  currencies,
  customers,
  orders,
  customerRelations: relations(customers, ({ many }) => ({ orders: many(orders) })),
  orderRelations: relations(orders, ({ one }) => ({
    customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
  })),
};

/** Opens the shop over a tenant's pool, or over the ambient one. */
export function drizzleShop(pool: pg.Pool): Shop {
  const db = drizzle(pool, { schema });
  return {
    async register(email) {
      await db.insert(customers).values({ email });
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
      const row = await db.query.orders.findFirst({ where: eq(orders.id, id) });
      return row?.cents;
    },

    orders: () =>
      db
        .select({
          id: orders.id,
          email: customers.email,
          currency: currencies.name,
          cents: orders.cents,
        })
        .from(orders)
        .innerJoin(customers, eq(customers.id, orders.customerId))
        .innerJoin(currencies, eq(currencies.code, orders.currency))
        .orderBy(asc(orders.cents)),

    async customers() {
      const found = await db.query.customers.findMany({
        columns: { email: true },
        with: { orders: { columns: { cents: true }, orderBy: asc(orders.cents) } },
        orderBy: asc(customers.email),
      });
      return found.map(({ email, orders }) => ({ email, cents: orders.map(({ cents }) => cents) }));
    },

    async reprice(id, cents) {
      const { rowCount } = await db.update(orders).set({ cents }).where(eq(orders.id, id));
      return rowCount === 1;
    },

    async cancel(id) {
      const { rowCount } = await db.delete(orders).where(eq(orders.id, id));
      return rowCount === 1;
    },

    audit: () =>
      db.transaction(
        async (tx) => {
          const [seen] = await tx
            .select({
              cents: sql<number>`coalesce(sum(${orders.cents}), 0)::int`,
              isolation: sql<string>`current_setting('transaction_isolation')`,
              readOnly: sql<string>`current_setting('transaction_read_only')`,
            })
            .from(orders);
          if (!seen) throw new Error("an aggregate without a row");
          return seen;
        },
        { isolationLevel: "serializable", accessMode: "read only" },
      ),

    // Drizzle keeps what pg throws as the cause.
    failure: (error) => (error instanceof DrizzleQueryError ? error.cause : error) as Failure,
  };
}

async function insertOrder(
  tx: Pick<NodePgDatabase<typeof schema>, "insert">,
  { email, currency, cents }: NewOrder,
): Promise<string> {
  const [customer] = await tx
    .insert(customers)
    .values({ email })
    .onConflictDoUpdate({ target: [customers.tenantId, customers.email], set: { email } })
    .returning({ id: customers.id });
  if (!customer) throw new Error("an upsert without a row");
  const [order] = await tx
    .insert(orders)
    .values({ customerId: customer.id, currency, cents })
    .returning({ id: orders.id });
  if (!order) throw new Error("an insert without a row");
  return order.id;
}
