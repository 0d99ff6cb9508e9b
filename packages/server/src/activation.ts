// How a tenant comes to be served: at the end of its provisioning it is active, or it waits for what its plan requires and
// is activated in the transaction in which the last of that is met. Everything here happens under the tenant's lock.
import { randomBytes } from "node:crypto";
import {
  closeVerification,
  daysFrom,
  type EventData,
  missingOf,
  moveTenant,
  openVerification,
  type Requirement,
  type Tenant,
  tenantChanges,
  type Verification,
  waitFor,
  waitingReason,
} from "@hestia/core";
import {
  deleteVerifications,
  findAdminEmail,
  findPlan,
  listVerifications,
  type PlatformTx,
  putVerification,
  updateTenant,
} from "@hestia/postgres/platform";
import { type Acting, recordEvent } from "./audit.ts";
import type { Platform } from "./platform.ts";
import { hashOf, makeToken, readToken, tokenExpiry } from "./verification-tokens.ts";

/** Who acts, on which platform. */
export type ActingOn = Acting & { readonly platform: Platform };

/** Activates a tenant that is provisioned, or has it wait for what its plan requires. */
export async function activateOrAwait(
  tx: PlatformTx,
  acting: ActingOn,
  before: Tenant,
): Promise<Tenant> {
  const verifications = await requireByPlan(tx, before);
  const missing = missingOf(verifications);
  if (missing.length === 0) return activate(tx, acting, before);
  const now = acting.platform.now();
  const tenant = moveTenant(before, "await_verification", { now, reason: waitingReason(missing) });
  await updateTenant(tx, tenant);
  const data = { ...tenantChanges(before, tenant), missing };
  const type = "tenant.awaiting_verification";
  await recordEvent(tx, acting, { type, tenantId: tenant.id, data, now });
  await issueFirst(tx, acting, verifications);
  return tenant;
}

/** Activates a pending tenant if nothing is missing any more, or says what is. */
async function settle(tx: PlatformTx, acting: ActingOn, before: Tenant): Promise<Tenant> {
  if (before.status !== "pending") return before;
  const missing = missingOf(await listVerifications(tx, before.id));
  if (missing.length === 0) return activate(tx, acting, before);
  const tenant = waitFor(before, missing, acting.platform.now());
  if (tenant !== before) await updateTenant(tx, tenant);
  return tenant;
}

/** Has a tenant that was changed wait for what its plan requires now, and for its domain anew where that is another. */
export async function requireAnew(
  tx: PlatformTx,
  acting: ActingOn,
  { before, after }: { readonly before: Tenant; readonly after: Tenant },
): Promise<Tenant> {
  if (before.domain !== after.domain) {
    const found = (await listVerifications(tx, after.id)).find(isOf("domain"));
    if (found !== undefined) await putVerification(tx, opened(after, "domain"));
  }
  if (after.status !== "pending") return after;
  if (before.plan !== after.plan) await issueFirst(tx, acting, await requireByPlan(tx, after));
  return settle(tx, acting, after);
}

/** Notes that something is verified, and activates the tenant if it was the last. */
export async function meet(
  tx: PlatformTx,
  acting: ActingOn,
  { tenant, verification, reason }: Meeting,
): Promise<Tenant> {
  const now = acting.platform.now();
  const met = closeVerification(verification, { state: "met", by: acting.actor, now, reason });
  await putVerification(tx, met);
  const data = { requirement: met.requirement };
  const type = "tenant.verification_met";
  await recordEvent(tx, acting, { type, tenantId: tenant.id, reason, data, now });
  return settle(tx, acting, tenant);
}

type Meeting = {
  readonly tenant: Tenant;
  readonly verification: Verification;
  readonly reason?: string | undefined;
};

/** Activates the tenant; what is still open is waived. */
export async function activate(
  tx: PlatformTx,
  acting: ActingOn,
  before: Tenant,
  reason?: string,
): Promise<Tenant> {
  const now = acting.platform.now();
  const verifications = await listVerifications(tx, before.id);
  const waived = missingOf(verifications);
  const how = { state: "waived", by: acting.actor, now, reason } as const;
  for (const each of verifications)
    if (each.state === "open") await putVerification(tx, closeVerification(each, how));
  const days = (await findPlan(tx, before.plan))?.trialDays;
  const trial = days === undefined ? undefined : daysFrom(now, days);
  const moved = moveTenant(before, "activate", { now });
  const tenant = { ...moved, trialEndsAt: before.trialEndsAt ?? trial };
  await updateTenant(tx, tenant);
  const data: EventData["tenant.activated"] = {
    ...tenantChanges(before, tenant),
    ...(waived.length === 0 ? {} : { waived }),
  };
  await recordEvent(tx, acting, {
    type: "tenant.activated",
    tenantId: tenant.id,
    reason,
    data,
    now,
  });
  return tenant;
}

/** Issues a token for the administrator's e-mail, which ends the one before; returns it. */
export async function issueToken(
  tx: PlatformTx,
  acting: ActingOn,
  verification: Verification,
  tokenIn: "event" | "answer",
): Promise<string> {
  const { platform } = acting;
  const now = platform.now();
  const { tenantId } = verification;
  const expiresAt = tokenExpiry(now);
  const issue = await recordEvent(tx, acting, {
    type: "tenant.verification_requested",
    tenantId,
    data: { requirement: "email", expiresAt: expiresAt.toISOString(), tokenIn },
    now,
  });
  const token = makeToken(platform, tenantId, issue);
  const read = readToken(token);
  const issued = { ...verification, issue, expiresAt, requestedAt: now, attempts: 0 };
  await putVerification(tx, issued, read && hashOf(read));
  return token;
}

// Nobody has to ask for the first one, where the address is known.
async function issueFirst(
  tx: PlatformTx,
  acting: ActingOn,
  verifications: readonly Verification[],
): Promise<void> {
  const email = verifications.find(isOf("email"));
  if (email === undefined || email.state !== "open" || email.issue !== undefined) return;
  if ((await findAdminEmail(tx, email.tenantId)) === undefined) return;
  await issueToken(tx, acting, email, "event");
}

// What was met before stays met: provisioning may have failed after that, or the plan have changed.
async function requireByPlan(tx: PlatformTx, tenant: Tenant): Promise<Verification[]> {
  const required = (await findPlan(tx, tenant.plan))?.requires ?? [];
  await deleteVerifications(tx, tenant.id, required);
  const had = await listVerifications(tx, tenant.id);
  const made = required
    .filter((requirement) => !had.some(isOf(requirement)))
    .map((requirement) => opened(tenant, requirement));
  for (const each of made) await putVerification(tx, each);
  return [...had, ...made];
}

function opened({ id }: Tenant, requirement: Requirement): Verification {
  const challenge = `hestia-challenge=${randomBytes(24).toString("base64url")}`;
  return openVerification(id, requirement, challenge);
}

/** Makes the test whether a verification is of this requirement. */
export function isOf(requirement: Requirement) {
  return (each: Verification): boolean => each.requirement === requirement;
}
