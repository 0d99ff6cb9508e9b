// The shop with Kysely. Tables are declared as the migrations have them; `tenant_id` is left out, it fills itself.

import { type Generated, Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import type pg from "pg";
import Cursor from "pg-cursor";
import type { Failure, NewOrder, Shop } from "./shop.ts";

type Tables = {
  currencies: { code: string; name: string };
  customers: { id: Generated<string>; email: string };
  orders: { id: Generated<string>; customer_id: string; currency: string; cents: number };
};

/** Opens the shop over a tenant's pool, or over the ambient one. */
export function kyselyShop(pool: pg.Pool): Shop {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
  return {
    async register(email) {
      await db.insertInto("customers").values({ email }).execute();
    },

    place: (order) => db.transaction().execute((tx) => insertOrder(tx, order)),

    async placeAll(orders) {
      const tx = await db.startTransaction().execute();
      let accepted = 0;
      for (const order of orders) {
        const savepoint = await tx.savepoint("order").execute();
        try {
          await insertOrder(savepoint, order);
          await savepoint.releaseSavepoint("order").execute();
          accepted += 1;
        } catch {
          await savepoint.rollbackToSavepoint("order").execute();
        }
      }
      await tx.commit().execute();
      return accepted;
    },

    async amountOf(id) {
      const row = await db
        .selectFrom("orders")
        .select("cents")
        .where("id", "=", id)
        .executeTakeFirst();
      return row?.cents;
    },

    orders: () =>
      db
        .selectFrom("orders as o")
        .innerJoin("customers as c", "c.id", "o.customer_id")
        .innerJoin("currencies as y", "y.code", "o.currency")
        .select(["o.id", "c.email", "y.name as currency", "o.cents"])
        .orderBy("o.cents")
        .execute(),

    customers: () =>
      db
        .selectFrom("customers as c")
        .select((eb) => [
          "c.email",
          eb
            .selectFrom("orders as o")
            .whereRef("o.customer_id", "=", "c.id")
            .select(sql<number[]>`coalesce(array_agg(o.cents order by o.cents), '{}')`.as("cents"))
            .$asScalar()
            .$notNull()
            .as("cents"),
        ])
        .orderBy("c.email")
        .execute(),

    async reprice(id, cents) {
      const [result] = await db.updateTable("orders").set({ cents }).where("id", "=", id).execute();
      return result?.numUpdatedRows === 1n;
    },

    async cancel(id) {
      const [result] = await db.deleteFrom("orders").where("id", "=", id).execute();
      return result?.numDeletedRows === 1n;
    },

    audit: () =>
      db
        .transaction()
        .setIsolationLevel("serializable")
        .setAccessMode("read only")
        .execute((tx) =>
          tx
            .selectFrom("orders")
            .select([
              sql<number>`coalesce(sum(cents), 0)::int`.as("cents"),
              sql<string>`current_setting('transaction_isolation')`.as("isolation"),
              sql<string>`current_setting('transaction_read_only')`.as("readOnly"),
            ])
            .executeTakeFirstOrThrow(),
        ),

    async *amounts() {
      const rows = db.selectFrom("orders").select("cents").orderBy("cents").stream(2);
      for await (const { cents } of rows) yield cents;
    },

    // Kysely throws what pg throws.
    failure: (error) => error as Failure,
  };
}

async function insertOrder(tx: Transaction<Tables>, order: NewOrder): Promise<string> {
  const { email, currency, cents } = order;
  const customer = await tx
    .insertInto("customers")
    .values({ email })
    .onConflict((conflict) => conflict.constraint("customers_email_key").doUpdateSet({ email }))
    .returning("id")
    .executeTakeFirstOrThrow();
  const { id } = await tx
    .insertInto("orders")
    .values({ customer_id: customer.id, currency, cents })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
