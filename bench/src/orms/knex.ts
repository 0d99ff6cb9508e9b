// The statements with Knex.

import knex, { type Knex } from "knex";
import type pg from "pg";
import { anyId, columns, newOrder, type Orders, type Orm } from "./orders.ts";

/** Over any pool; in a transaction with set_config. */
export const knexOrm: Orm = {
  name: "Knex",
  open: (pool) => ordersOf(opened(pool)),
  usual: {
    how: "transaction with set_config",
    open(pool) {
      const db = opened(pool);
      return (tenantId, shape) =>
        db.transaction(async (tx) => {
          await tx.raw("select set_config('app.tenant', ?, true)", [tenantId]);
          return ordersOf(tx)[shape]();
        });
    },
  },
};

const opened = (pool: pg.Pool) => knex({ client: "pg", connectionPool: pool });

// An async function awaits the query, which Knex does not begin before.
function ordersOf(db: Knex): Orders {
  const from = (tenantId: string | undefined) => {
    const all = db("orders").select(...columns);
    return tenantId === undefined ? all : all.where("tenant_id", tenantId);
  };
  return {
    "point read": async (tenantId) => from(tenantId).where("id", anyId()),
    "20-row page": async (tenantId) => from(tenantId).orderBy("created_at", "desc").limit(20),
    insert: async (tenantId) =>
      db("orders").insert(
        tenantId === undefined ? newOrder() : { tenant_id: tenantId, ...newOrder() },
      ),
  };
}
