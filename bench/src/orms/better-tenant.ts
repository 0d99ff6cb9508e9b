// The statements with @usebetterdev/tenant over Drizzle, and the policy and trigger that its command line writes.

import { betterTenant } from "@usebetterdev/tenant-core";
import { drizzleDatabase } from "@usebetterdev/tenant-drizzle";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { drizzleOrders } from "./drizzle.ts";
import type { OrdersOf, Shape } from "./orders.ts";

/** As `handleRequest`, which its middleware for Express, Hono and Next.js calls; with a filter beside its policy, or without. */
export function betterTenantOrders(pool: pg.Pool): Record<"filtered" | "unfiltered", OrdersOf> {
  const tenant = betterTenant({
    database: drizzleDatabase(drizzle(pool)),
    tenantResolver: { header: "x-tenant-id" },
    telemetry: { enabled: false },
  });
  const run = (tenantId: string, shape: Shape, named?: string) =>
    tenant.handleRequest({ headers: { "x-tenant-id": tenantId } }, () =>
      drizzleOrders(tenant.getDatabase() as NodePgDatabase)[shape](named),
    );
  return {
    unfiltered: (tenantId, shape) => run(tenantId, shape),
    filtered: (tenantId, shape) => run(tenantId, shape, tenantId),
  };
}
