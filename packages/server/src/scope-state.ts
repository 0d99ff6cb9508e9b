// Two databases, one truth: the platform's row decides what a tenant's state is, the scope row in the data database
// enforces it. Writing the scope row happens under the lock of the platform's row, so that of two changes the later
// one's state is also written last.
import { isHestiaError, type Tenant, type TenantId, type TenantStatus } from "@hestia/core";
import {
  type Database,
  lockTenant,
  markSynced,
  type PlatformTx,
  type ScopeState,
} from "@hestia/postgres/platform";
import { clusterOf, type Platform } from "./platform.ts";

const states = {
  provisioning: "provisioning",
  pending: "provisioning",
  failed: "provisioning",
  active: "active",
  readonly: "readonly",
  suspended: "suspended",
  deleting: "ended",
  archived: "ended",
  purged: "ended",
} as const satisfies Record<TenantStatus, ScopeState>;

/** The state that the scope has to have for a tenant of this status. */
export function scopeStateOf({ status }: Pick<Tenant, "status">): ScopeState {
  return states[status];
}

/** Writes the scope row of a tenant that the transaction has locked, and notes that it is written. */
export async function writeScopeState(
  tx: PlatformTx,
  platform: Pick<Platform, "clusters">,
  tenant: Tenant,
): Promise<void> {
  if (hasPartition(tenant))
    await clusterOf(platform, tenant.placement.cluster).setState(tenant, scopeStateOf(tenant));
  await markSynced(tx, tenant);
}

/**
 * Brings the scope row to the tenant's present state; false when that cannot be done now.
 *
 * It never throws: the state was decided before, and the sweeper repeats this until both databases agree.
 */
export async function syncScopeState(
  platform: Pick<Platform, "clusters" | "log"> & { readonly db: Database },
  tenantId: TenantId,
): Promise<boolean> {
  try {
    await platform.db.asPlatform(async (tx) =>
      writeScopeState(tx, platform, await lockTenant(tx, tenantId)),
    );
    return true;
  } catch (error) {
    const level = isHestiaError(error) && error.kind === "unavailable" ? "warn" : "error";
    platform.log[level]({ err: error, tenantId }, "the tenant's state is not in force yet");
    return false;
  }
}

/** Tells whether a place for the tenant's rows has been made; a shared tenant's always is there. */
export function hasPartition({ isolation, placement }: Tenant): boolean {
  if (isolation === "database") return placement.database !== undefined;
  return true;
}
