// What the types of transactions rule out; the compiler is the test.
import type { TenantId } from "@hestia/core";
import { listConfiguration } from "./configuration.ts";
import type { Database, PlatformTx, TenantTx } from "./database.ts";
import { findTenant } from "./tenants.ts";

declare const database: Database;
declare const tenantId: TenantId;

void database.asTenant(tenantId, async (tx) => {
  await listConfiguration(tx);
  // @ts-expect-error a tenant's transaction cannot name the tenants
  tx.selectFrom("tenants");
  // @ts-expect-error nor the audit log
  tx.selectFrom("audit_events");
  // @ts-expect-error nor be given to a function of the platform
  await findTenant(tx, tenantId);
});

void database.asPlatform(async (tx) => {
  await findTenant(tx, tenantId);
  // @ts-expect-error a transaction of the platform is no tenant's
  await listConfiguration(tx);
});

/** Neither kind of transaction converts into the other. */
export function neitherConverts(platform: PlatformTx, tenant: TenantTx): void {
  // @ts-expect-error a tenant's transaction is not the platform's
  const asPlatform: PlatformTx = tenant;
  // @ts-expect-error and the platform's is not a tenant's
  const asTenant: TenantTx = platform;
  void [asPlatform, asTenant];
}
