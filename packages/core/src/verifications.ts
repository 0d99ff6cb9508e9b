// What must be verified before a tenant is activated, how far that is, and what to do next. A tenant waits for what its
// plan required when it was provisioned; the plan's later changes do not reach it.
import type { Actor } from "./events.ts";
import type { EventId, TenantId } from "./ids.ts";
import { type Requirement, requirements } from "./plans.ts";
import type { Tenant } from "./tenants.ts";

/** The states of one requirement; `waived` is one that an operator did without. */
export const verificationStates = ["open", "met", "waived"] as const;
/** One state of a requirement. */
export type VerificationState = (typeof verificationStates)[number];

/** One thing that a tenant's activation waits for, or waited for. */
export type Verification = {
  readonly tenantId: TenantId;
  readonly requirement: Requirement;
  readonly state: VerificationState;
  /** The event that told of the present token. */
  readonly issue?: EventId | undefined;
  readonly requestedAt?: Date | undefined;
  /** Until when the present token is good. */
  readonly expiresAt?: Date | undefined;
  /** Spoilt tokens since it was issued, or looks that did not find the domain's record. */
  readonly attempts: number;
  /** What the domain's record has to hold. */
  readonly challenge?: string | undefined;
  readonly metAt?: Date | undefined;
  readonly metBy?: Actor | undefined;
  readonly reason?: string | undefined;
};

/** Makes what a tenant waits for; `challenge` is for its domain. */
export function openVerification(
  tenantId: TenantId,
  requirement: Requirement,
  challenge: string,
): Verification {
  const open = { tenantId, requirement, state: "open", attempts: 0 } as const;
  return requirement === "domain" ? { ...open, challenge } : open;
}

/** Returns it as met, or as waived, and without what only an open one needs. */
export function closeVerification(
  { issue: _dead, expiresAt: _over, ...verification }: Verification,
  how: {
    readonly state: Exclude<VerificationState, "open">;
    readonly by: Actor;
    readonly now: Date;
    readonly reason?: string | undefined;
  },
): Verification {
  const { state, by: metBy, now: metAt, reason } = how;
  return { ...verification, state, metBy, metAt, ...(reason === undefined ? {} : { reason }) };
}

/** Returns what is still to be verified, in the order of the requirements. */
export function missingOf(verifications: readonly Verification[]): Requirement[] {
  return requirements.filter((requirement) =>
    verifications.some((each) => each.requirement === requirement && each.state === "open"),
  );
}

/** Says what a pending tenant waits for; it is shown with its status. */
export function waitingReason(missing: readonly Requirement[]): string {
  return `It waits for: ${missing.map((each) => nameOf[each]).join(", ")}.`;
}

const nameOf = {
  email: "the administrator's e-mail",
  domain: "its domain",
  sign_on: "the first sign-on",
  approval: "an approval",
} as const satisfies Record<Requirement, string>;

/** Where the domain's record has to be. */
export function challengeName(domain: string): string {
  return `_hestia-challenge.${domain}`;
}

/** Says what to do next about an open requirement. */
export function adviceOn(
  { requirement, issue, expiresAt, challenge }: Verification,
  facts: {
    readonly domain?: string | undefined;
    readonly email?: string | undefined;
    /** Whether a webhook gets the tokens. */
    readonly isHeard?: boolean | undefined;
  },
  now: Date,
): string {
  switch (requirement) {
    case "email":
      if (facts.email === undefined)
        return "Ask for a token, and name the administrator's address.";
      if (facts.isHeard === false)
        return `No webhook lists tenant.verification_requested, so ${facts.email} gets no token: make one and ask anew, or have the token revealed.`;
      return issue !== undefined && expiresAt !== undefined && expiresAt > now
        ? `${facts.email} has to confirm the token that was sent; it can be asked for anew.`
        : `Ask for a token: ${facts.email} has none that is good.`;
    case "domain":
      return facts.domain === undefined
        ? "Give the tenant a domain."
        : `Set the TXT record ${challengeName(facts.domain)} to ${challenge}, then have it checked.`;
    case "sign_on":
      return "The application records the first sign-on.";
    case "approval":
      return "An operator approves it, with a reason.";
  }
}

/** Returns a pending tenant with another reason, or the same object where it is the same. */
export function waitFor(tenant: Tenant, missing: readonly Requirement[], now: Date): Tenant {
  const statusReason = waitingReason(missing);
  return tenant.statusReason === statusReason
    ? tenant
    : { ...tenant, statusReason, updatedAt: now, version: tenant.version + 1 };
}
