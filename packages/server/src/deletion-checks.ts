// What keeps a tenant from its end, gathered at one moment.
import { type DeletionCheck, deletionChecks, type Tenant } from "@hestia/core";
import {
  getOperation,
  listHolds,
  listUnfinished,
  type PlatformTx,
} from "@hestia/postgres/platform";

/** Returns everything that is in the way of the tenant's end, and what goes with it. */
export async function checkDeletion(
  tx: PlatformTx,
  tenant: Tenant,
  now: Date,
): Promise<DeletionCheck[]> {
  const holds = await listHolds(tx, tenant.id);
  const running: string[] = [];
  for (const id of await listUnfinished(tx, tenant.id))
    running.push((await getOperation(tx, id)).kind);
  return deletionChecks(tenant, { holds, running }, now);
}
