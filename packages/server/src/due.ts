// What time brings by itself: a deleted tenant is archived when its grace is over and an archived one purged, a trial ends
// in a suspension, the review of a suspension falls due. Several servers may look at once: each thing is done under the
// tenant's lock, by whoever finds it still due there, and one that fails keeps no other waiting.
import {
  daysFrom,
  expectDeletable,
  isHestiaError,
  moveTenant,
  type Tenant,
  type TenantId,
  tenantChanges,
} from "@hestia/core";
import {
  type DueMoment,
  listDue,
  lockTenant,
  type PlatformTx,
  updateTenant,
} from "@hestia/postgres/platform";
import { recordEvent } from "./audit.ts";
import { checkDeletion } from "./deletion-checks.ts";
import { archiving, purging } from "./ending.ts";
import { type Platform, tenantLog } from "./platform.ts";
import { syncScopeState } from "./scope-state.ts";

const perRound = 50;
const acting = { actor: { kind: "system", name: "schedule" } } as const;

/** What is done with a tenant that is locked and due. */
type Doing = (tx: PlatformTx, platform: Platform, tenant: Tenant) => Promise<void>;

const moments: { readonly [Moment in DueMoment]: Doing } = {
  end: beginEnd,
  trial: endTrial,
  review: tellReview,
};

/** Does everything that is due, a bounded part of it at a time. */
export async function doWhatIsDue(platform: Platform): Promise<void> {
  const { db, now } = platform;
  for (const moment of Object.keys(moments) as DueMoment[]) {
    const due = await db.asPlatform((tx) =>
      listDue(tx, { moment, now: now(), limit: perRound, at: undefined }),
    );
    for (const { id } of due) await doOne(platform, moment, id);
  }
}

async function doOne(platform: Platform, moment: DueMoment, id: TenantId): Promise<void> {
  try {
    const hasMoved = await platform.db.asPlatform(async (tx) => {
      await lockTenant(tx, id);
      // Another server was quicker, or somebody has changed it.
      const [tenant] = await listDue(tx, { moment, now: platform.now(), limit: 1, at: id });
      if (tenant === undefined) return false;
      await moments[moment](tx, platform, tenant);
      return moment === "trial";
    });
    // The sweeper repeats what cannot be written now.
    if (hasMoved) await syncScopeState(platform, id);
  } catch (error) {
    tenantLog(platform.log, id).error({ err: error, moment }, "what is due failed; it is repeated");
  }
}

// What must be kept, and what failed, is looked at again a day later.
async function beginEnd(tx: PlatformTx, platform: Platform, tenant: Tenant): Promise<void> {
  const now = platform.now();
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
  await platform.engine.begin(tx, definition, { tenantId: tenant.id, ...acting, now, input });
}

/** The reason of the suspension that ends a trial. */
const trialOver = "The trial ended.";

// Once it is over there is no trial any more: resuming the tenant is what makes a customer of it.
async function endTrial(tx: PlatformTx, platform: Platform, before: Tenant): Promise<void> {
  const { id: tenantId, trialEndsAt } = before;
  if (trialEndsAt === undefined) return;
  const now = platform.now();
  const { trialEndsAt: _over, ...moved } = moveTenant(before, "suspend", {
    now,
    reason: trialOver,
  });
  await updateTenant(tx, moved);
  const told = { tenantId, reason: trialOver, now };
  const ended = { trialEndsAt: trialEndsAt.toISOString() };
  await recordEvent(tx, acting, { ...told, type: "tenant.trial_ended", data: ended });
  const data = { ...tenantChanges(before, moved), mode: "blocked" as const };
  await recordEvent(tx, acting, { ...told, type: "tenant.suspended", data });
}

async function tellReview(tx: PlatformTx, platform: Platform, before: Tenant): Promise<void> {
  const { id: tenantId, reviewAt, statusReason: reason } = before;
  if (reviewAt === undefined) return;
  const now = platform.now();
  const version = before.version + 1;
  await updateTenant(tx, { ...before, reviewDueAt: now, updatedAt: now, version });
  const data = { reviewAt: reviewAt.toISOString() };
  const type = "tenant.suspension_review_due";
  await recordEvent(tx, acting, { type, tenantId, reason, data, now });
}
