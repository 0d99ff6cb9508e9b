// The ends that time brings: a deleted tenant is archived when its grace is over, an archived one purged when its archive
// has been kept long enough. What must be kept, and what failed, is looked at again a day later.
import { daysFrom, expectDeletable, isHestiaError, type Tenant } from "@hestia/core";
import { listDueEnds, lockTenant, type PlatformTx, updateTenant } from "@hestia/postgres/platform";
import { checkDeletion } from "./deletion-checks.ts";
import { archiving, purging } from "./ending.ts";
import { type Platform, tenantLog } from "./platform.ts";

const perRound = 50;
const actor = { kind: "system", name: "schedule" } as const;

/** Begins what is due. */
export async function beginDueEnds(platform: Platform): Promise<void> {
  const { db, now } = platform;
  const due = await db.asPlatform((tx) => listDueEnds(tx, { now: now(), limit: perRound }));
  for (const { id } of due)
    await db.asPlatform(async (tx) => beginEnd(tx, platform, await lockTenant(tx, id)));
}

async function beginEnd(tx: PlatformTx, platform: Platform, tenant: Tenant): Promise<void> {
  const now = platform.now();
  // Another server was quicker, or somebody restored it.
  if (tenant.endsAt === undefined || tenant.endsAt > now) return;
  await updateTenant(tx, { ...tenant, endsAt: daysFrom(now, 1) });
  const [end, definition] =
    tenant.status === "archived" ? (["purge", purging] as const) : (["delete", archiving] as const);
  try {
    expectDeletable(await checkDeletion(tx, tenant, now), end);
  } catch (error) {
    if (!isHestiaError(error, "tenant_deletion_refused")) throw error;
    tenantLog(platform.log, tenant.id).warn({ faults: error.faults }, "the tenant must be kept");
    return;
  }
  const input = { reason: tenant.statusReason ?? "Its time is over." };
  await platform.engine.begin(tx, definition, { tenantId: tenant.id, actor, now, input });
}
