// The statements with Drizzle.

import { and, desc, eq, sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { bigint, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { anyId, newOrder, type Orders, type Orm } from "./orders.ts";

const orders = pgTable("orders", {
  tenantId: uuid("tenant_id").notNull().default(sql`hestia.tenant_id()`),
  id: bigint({ mode: "number" }).notNull(),
  customer: text().notNull(),
  status: text().notNull(),
  amount: bigint({ mode: "number" }).notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
});
const { tenantId: tenantColumn, ...own } = {
  tenantId: orders.tenantId,
  id: orders.id,
  customer: orders.customer,
  status: orders.status,
  amount: orders.amount,
  createdAt: orders.createdAt,
};

/** Over any pool; in a transaction with set_config. */
export const drizzleOrm: Orm = {
  name: "Drizzle",
  open: (pool) => drizzleOrders(drizzle(pool)),
  usual: {
    how: "transaction with set_config",
    open(pool) {
      const db = drizzle(pool);
      return (tenantId, shape) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`select set_config('app.tenant', ${tenantId}, true)`);
          return drizzleOrders(tx)[shape]();
        });
    },
  },
};

/** Over Drizzle itself, or a transaction of its. */
export function drizzleOrders(db: Pick<NodePgDatabase, "select" | "insert">): Orders {
  const isOf = (tenantId: string | undefined) =>
    tenantId === undefined ? undefined : eq(tenantColumn, tenantId);
  // An async function awaits the query, which Drizzle does not begin before.
  return {
    "point read": async (tenantId) =>
      db
        .select(own)
        .from(orders)
        .where(and(isOf(tenantId), eq(orders.id, anyId()))),
    "20-row page": async (tenantId) =>
      db.select(own).from(orders).where(isOf(tenantId)).orderBy(desc(orders.createdAt)).limit(20),
    insert: async (tenantId) =>
      db.insert(orders).values(tenantId === undefined ? newOrder() : { tenantId, ...newOrder() }),
  };
}
