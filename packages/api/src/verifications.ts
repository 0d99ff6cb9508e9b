// What a tenant's activation waits for, on the wire: what is required, what is met, when and by whom, and what to do next.
import {
  adviceOn,
  challengeName,
  limits,
  missingOf,
  type Requirement,
  requirements,
  type Tenant,
  type TenantId,
  tenantStatuses,
  type Verification,
  verificationStates,
} from "@hestia/core";
import { type Static, Type } from "typebox";
import { withoutAbsent } from "./present.ts";
import type { Routes } from "./route.ts";
import { emailInput, input, reasonInput, tenantIdInput, timeSchema } from "./schemas.ts";
import { ownTenantSchema } from "./tenant.ts";

const requirementSchema = Type.Enum([...requirements]);

const verificationSchema = Type.Object(
  {
    requirement: requirementSchema,
    state: Type.Enum([...verificationStates], {
      description: "`waived` is what an operator activated the tenant without.",
    }),
    next: Type.Optional(Type.String({ description: "What to do, where it is open." })),
    email: Type.Optional(Type.String({ description: "Who has to confirm." })),
    record: Type.Optional(
      Type.Object(
        { name: Type.String(), type: Type.Literal("TXT"), value: Type.String() },
        { description: "The record that proves the domain.", title: "DnsRecord" },
      ),
    ),
    requestedAt: Type.Optional(timeSchema),
    expiresAt: Type.Optional(timeSchema),
    attempts: Type.Integer({ minimum: 0, description: "Tries that failed." }),
    metAt: Type.Optional(timeSchema),
    metBy: Type.Optional(Type.String({ description: "The name of who met or waived it." })),
    reason: Type.Optional(Type.String()),
  },
  { title: "Verification" },
);

/** The schema of everything that a tenant's activation waits for. */
const verificationsSchema = Type.Object(
  {
    tenantId: Type.Unsafe<TenantId>({ type: "string", format: "uuid" }),
    status: Type.Enum([...tenantStatuses]),
    missing: Type.Array(requirementSchema, { description: "What is open." }),
    items: Type.Array(verificationSchema, {
      description: "What its plan required when it was provisioned.",
    }),
    token: Type.Optional(
      Type.String({ description: "What confirms the e-mail, for who asked to see it; once." }),
    ),
  },
  { title: "Verifications" },
);

/** What a tenant's activation waits for, as it crosses the wire. */
export type VerificationsView = Static<typeof verificationsSchema>;

/** What it takes to tell what a tenant's activation waits for. */
export type VerificationFacts = {
  readonly tenant: Tenant;
  readonly verifications: readonly Verification[];
  /** The address of the administrator. */
  readonly email?: string | undefined;
  /** Whether a webhook gets the tokens. */
  readonly isHeard?: boolean | undefined;
};

/** Returns what a tenant's activation waits for as it crosses the wire. */
export function verificationsView(facts: VerificationFacts, now: Date): VerificationsView {
  const { tenant, verifications } = facts;
  const inOrder = requirements.flatMap((requirement) =>
    verifications.filter((each) => each.requirement === requirement),
  );
  return {
    tenantId: tenant.id,
    status: tenant.status,
    missing: missingOf(verifications),
    items: inOrder.map((each) => verificationView(each, facts, now)),
  };
}

function verificationView(
  verification: Verification,
  { tenant: { domain }, email, isHeard }: VerificationFacts,
  now: Date,
): Static<typeof verificationSchema> {
  const { requirement, state, challenge, attempts, reason, metBy } = verification;
  const isOpen = state === "open";
  const hasRecord = isOpen && domain !== undefined && challenge !== undefined;
  return withoutAbsent({
    ...{ requirement, state, attempts, reason, metBy: metBy?.name },
    next: isOpen ? adviceOn(verification, { domain, email, isHeard }, now) : undefined,
    email: requirement === "email" ? email : undefined,
    record: hasRecord
      ? { name: challengeName(domain), type: "TXT" as const, value: challenge }
      : undefined,
    requestedAt: verification.requestedAt?.toISOString(),
    expiresAt: verification.expiresAt?.toISOString(),
    metAt: verification.metAt?.toISOString(),
  });
}

const params = input({ tenantId: tenantIdInput });
const state = {
  200: { description: "What the activation waits for.", schema: verificationsSchema },
};

/** The routes of verifications. */
export const verificationRoutes = {
  list: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/verifications",
    scope: "platform",
    permission: "verifications:read",
    summary: "See what a tenant's activation waits for",
    description: "Everything, also what is met: when, by whom, and what to do about the rest.",
    params,
    responses: state,
    errors: ["tenant_not_found"],
  },
  verify: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/verifications/{requirement}",
    scope: "platform",
    permission: "verifications:write",
    summary: "Take a tenant's verification a step on",
    description:
      "`email` issues a new token, which ends the one before: it goes out with the event `tenant.verification_requested`, or comes in the answer with `reveal`. `domain` looks for the TXT record. `sign_on` records that somebody has signed on. `approval` approves, with a reason. With the last that is missing the tenant is active. What is met already stays as it was.",
    params: input({
      tenantId: tenantIdInput,
      requirement: Type.Unsafe<Requirement>({ enum: [...requirements] }),
    }),
    body: input(
      {
        reason: Type.Optional(reasonInput),
        email: Type.Optional({
          ...emailInput,
          description: "Another address of the administrator; with `email` alone.",
        }),
        reveal: Type.Optional(
          Type.Boolean({ description: "Whether the answer has the token; with `email` alone." }),
        ),
      },
      { title: "VerificationStep" },
    ),
    responses: state,
    errors: [
      "tenant_not_found",
      "verification_not_awaited",
      "verification_record_missing",
      "dns_unavailable",
    ],
  },
  confirm: {
    method: "POST",
    path: "/v1/verifications/confirm",
    scope: "public",
    permission: null,
    summary: "Confirm an e-mail address",
    description:
      "With the token that was sent there, and no key. A token that is wrong, used, replaced or too old has one and the same answer.",
    body: input(
      {
        token: Type.String({
          minLength: 1,
          maxLength: limits.verificationTokenCharsMax,
          description: "The token, as it was sent.",
        }),
      },
      { title: "Confirmation" },
    ),
    responses: { 200: { description: "The tenant.", schema: ownTenantSchema } },
    errors: ["verification_token_invalid", "too_many_attempts"],
  },
} as const satisfies Routes;
