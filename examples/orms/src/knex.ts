// The shop with Knex, which takes the pool as its `connectionPool` and keeps none of its own. Types are those of the rows.

import knex, { type Knex } from "knex";
import type pg from "pg";
import type { Audit, Customer, Failure, NewOrder, Order, Shop } from "./shop.ts";

/** Opens the shop over a tenant's pool, or over the ambient one. */
export function knexShop(pool: pg.Pool): Shop {
  const db = knex({ client: "pg", connectionPool: pool });
  return {
    async register(email) {
      await db("customers").insert({ email });
    },

    place: (order) => db.transaction((tx) => insertOrder(tx, order)),

    placeAll: (orders) =>
      db.transaction(async (tx) => {
        let accepted = 0;
        for (const order of orders) {
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
      const row = await db("orders").first("cents").where({ id });
      return row?.cents;
    },

    orders: () =>
      db("orders as o")
        .join("customers as c", "c.id", "o.customer_id")
        .join("currencies as y", "y.code", "o.currency")
        .select<Order[]>("o.id", "c.email", "y.name as currency", "o.cents")
        .orderBy("o.cents"),

    customers: () =>
      db("customers as c")
        .leftJoin("orders as o", "o.customer_id", "c.id")
        .select<Customer[]>(
          "c.email",
          db.raw(
            "coalesce(array_agg(o.cents order by o.cents) filter (where o.id is not null), '{}') as cents",
          ),
        )
        .groupBy("c.id", "c.email")
        .orderBy("c.email"),

    reprice: async (id, cents) => (await db("orders").where({ id }).update({ cents })) === 1,

    cancel: async (id) => (await db("orders").where({ id }).delete()) === 1,

    audit: () =>
      db.transaction(
        (tx) =>
          tx("orders")
            .first<Audit>(
              db.raw(
                `coalesce(sum(cents), 0)::int as cents, current_setting('transaction_isolation') as isolation,
                 current_setting('transaction_read_only') as "readOnly"`,
              ),
            )
            .then((seen) => seen),
        { isolationLevel: "serializable", readOnly: true },
      ),

    async *amounts() {
      const rows = db("orders").select("cents").orderBy("cents").stream({ batchSize: 2 });
      for await (const { cents } of rows) yield cents;
    },

    // Knex throws what pg throws, with the statement before its message.
    failure: (error) => error as Failure,
  };
}

async function insertOrder(tx: Knex, { email, currency, cents }: NewOrder): Promise<string> {
  const [customer] = await tx("customers")
    .insert({ email })
    .onConflict(tx.raw("on constraint customers_email_key") as never)
    .merge()
    .returning("id");
  const [order] = await tx("orders")
    .insert({ customer_id: customer.id, currency, cents })
    .returning("id");
  return order.id;
}
