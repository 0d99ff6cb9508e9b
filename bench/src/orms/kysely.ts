// The statements with Kysely.

import { Kysely, PostgresDialect, sql } from "kysely";
import type pg from "pg";
import { anyId, columns, newOrder, type Orders, type Orm } from "./orders.ts";

type Tables = {
  orders: {
    tenant_id?: string;
    id: number;
    customer: string;
    status: string;
    amount: number;
    created_at?: Date;
  };
};

/** Over any pool; in a transaction with set_config. */
export const kysely: Orm = {
  name: "Kysely",
  open: (pool) => ordersOf(opened(pool)),
  usual: {
    how: "transaction with set_config",
    open(pool) {
      const db = opened(pool);
      return (tenantId, shape) =>
        db.transaction().execute(async (tx) => {
          await sql`select set_config('app.tenant', ${tenantId}, true)`.execute(tx);
          return ordersOf(tx)[shape]();
        });
    },
  },
};

const opened = (pool: pg.Pool) => new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

function ordersOf(db: Kysely<Tables>): Orders {
  const from = (tenantId: string | undefined) => {
    const all = db.selectFrom("orders").select(columns);
    return tenantId === undefined ? all : all.where("tenant_id", "=", tenantId);
  };
  return {
    "point read": (tenantId) => from(tenantId).where("id", "=", anyId()).execute(),
    "20-row page": (tenantId) => from(tenantId).orderBy("created_at", "desc").limit(20).execute(),
    insert: (tenantId) =>
      db
        .insertInto("orders")
        .values(tenantId === undefined ? newOrder() : { tenant_id: tenantId, ...newOrder() })
        .execute(),
  };
}
