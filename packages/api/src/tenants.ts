// Tenants on the wire: their schemas and their routes. Request and response schemas are never
// shared, and a request with a member that is not named here is refused.
import {
  defaultIsolation,
  defaultPlan,
  defaultTenantSort,
  type JsonObject,
  limits,
  type OperationId,
  suspensionModes,
  type Tenant,
  type TenantId,
  tenantSorts,
  tenantStatuses,
} from "@hestia/core";
import { type Static, Type } from "typebox";
import { operationSchema } from "./operations.ts";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import { defaulted, type Routes } from "./route.ts";
import {
  domainInput,
  domainPatchInput,
  emailInput,
  input,
  isolationInput,
  isolationSchema,
  nameInput,
  planInput,
  reasonInput,
  ruled,
  searchInput,
  settingsInput,
  settingsPatchInput,
  slugInput,
  tenantIdInput,
  timePatchInput,
  timeSchema,
} from "./schemas.ts";

const tenantMembers = {
  id: Type.Unsafe<TenantId>({ type: "string", format: "uuid" }),
  slug: Type.String(),
  name: Type.String(),
  status: Type.Enum([...tenantStatuses]),
  statusReason: Type.Optional(Type.String()),
  isolation: isolationSchema,
  placement: Type.Object(
    {
      cluster: Type.String(),
      database: Type.Optional(Type.String()),
      schema: Type.Optional(Type.String()),
    },
    { title: "Placement" },
  ),
  plan: Type.String(),
  domain: Type.Optional(Type.String()),
  settings: Type.Unsafe<JsonObject>({ type: "object" }),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  endsAt: Type.Optional(
    Type.Unsafe<string>({
      type: "string",
      format: "date-time",
      description: "When a deleted tenant is archived, or an archived one purged.",
    }),
  ),
  retainUntil: Type.Optional(
    Type.Unsafe<string>({
      type: "string",
      format: "date-time",
      description: "Until then it may not be purged.",
    }),
  ),
  trialEndsAt: Type.Optional(
    Type.Unsafe<string>({
      type: "string",
      format: "date-time",
      description: "When its trial ends: then it is suspended.",
    }),
  ),
  reviewAt: Type.Optional(
    Type.Unsafe<string>({
      type: "string",
      format: "date-time",
      description: "When somebody has to look whether its suspension is still right.",
    }),
  ),
  reviewDueAt: Type.Optional(
    Type.Unsafe<string>({
      type: "string",
      format: "date-time",
      description: "Since when that is due.",
    }),
  ),
  version: Type.Integer({ minimum: 1, description: "Grows with every change." }),
};

/** The schema of a tenant in an answer. */
export const tenantSchema = Type.Object(tenantMembers, { title: "Tenant" });

/** The schema of a tenant that was just asked for. */
export const createdTenantSchema = Type.Object(
  {
    ...tenantMembers,
    operationId: Type.Unsafe<OperationId>({
      type: "string",
      format: "uuid",
      description: "The operation that provisions it.",
    }),
  },
  { title: "CreatedTenant" },
);

/** A tenant as it crosses the wire. */
export type TenantView = Static<typeof tenantSchema>;
/** A tenant that was just asked for, as it crosses the wire. */
export type CreatedTenantView = Static<typeof createdTenantSchema>;

/** Returns the tenant as it crosses the wire. */
export function tenantView(tenant: Tenant): TenantView {
  const { restoreStatus: _internal, placement, createdAt, updatedAt, ...given } = tenant;
  const { endsAt, retainUntil, trialEndsAt, reviewAt, reviewDueAt, ...rest } = given;
  return {
    ...withoutAbsent(rest),
    ...withoutAbsent({
      endsAt: endsAt?.toISOString(),
      retainUntil: retainUntil?.toISOString(),
      trialEndsAt: trialEndsAt?.toISOString(),
      reviewAt: reviewAt?.toISOString(),
      reviewDueAt: reviewDueAt?.toISOString(),
    }),
    placement: withoutAbsent(placement),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

const reviewInput = ruled<Date>("time", {
  type: "string",
  format: "date-time",
  description: "When somebody has to look whether it is still right; then that is told.",
  examples: ["2030-01-01T00:00:00Z"],
});
const trialPatchInput = {
  ...timePatchInput,
  description:
    "When its trial ends; now or earlier ends it, null makes it go on without one. A plan without a trial takes it away.",
};
const reviewPatchInput = {
  ...timePatchInput,
  description: "Another day for the review of its suspension, or null for none.",
};
const params = input({ tenantId: tenantIdInput });
const oneTenant = { 200: { description: "The tenant.", schema: tenantSchema } };
const movedTenant = {
  200: { description: "The tenant, and its data database enforces it.", schema: tenantSchema },
  202: {
    description:
      "The tenant. Its data database cannot be reached at present, and has it as soon as it can be.",
    schema: tenantSchema,
  },
};

/** The routes of tenants. */
export const tenantRoutes = {
  create: {
    method: "POST",
    path: "/v1/tenants",
    scope: "platform",
    permission: "tenants:create",
    summary: "Create a tenant",
    description:
      "Answers 202 at once, with the operation that provisions it; with `Prefer: wait=N`, 201 once it is active. Where its plan requires something, it is pending then: 202, and `Location` leads to its verifications.",
    body: input(
      {
        slug: slugInput,
        name: nameInput,
        isolation: defaulted(isolationInput, defaultIsolation),
        plan: defaulted(planInput, defaultPlan),
        domain: Type.Optional(domainInput),
        settings: defaulted(settingsInput, {}),
        adminEmail: Type.Optional(emailInput),
      },
      { title: "NewTenant" },
    ),
    responses: {
      201: { description: "The tenant, active.", schema: createdTenantSchema },
      202: { description: "The tenant, being provisioned.", schema: createdTenantSchema },
    },
    errors: ["tenant_slug_taken", "tenant_domain_taken"],
    idempotent: true,
    waits: true,
    etag: true,
  },
  list: {
    method: "GET",
    path: "/v1/tenants",
    scope: "platform",
    permission: "tenants:read",
    summary: "List tenants",
    query: input({
      ...pageQuery,
      status: Type.Optional(Type.Array(Type.Enum([...tenantStatuses]), { minItems: 1 })),
      plan: Type.Optional(Type.Array(planInput, { minItems: 1 })),
      isolation: Type.Optional(Type.Array(isolationSchema, { minItems: 1 })),
      id: Type.Optional(
        Type.Array(tenantIdInput, {
          minItems: 1,
          maxItems: limits.pageItemsMax,
          description: "These tenants: what has their ids finds their names in one request.",
        }),
      ),
      reviewDue: Type.Optional(
        Type.Boolean({ description: "Those whose suspension has to be reviewed, or the others." }),
      ),
      slug: Type.Optional(
        Type.String({
          maxLength: limits.slugCharsMax,
          pattern: "^[a-z0-9-]+$",
          description: "Exactly this slug.",
        }),
      ),
      q: Type.Optional(searchInput),
      sort: defaulted(
        Type.Enum([...tenantSorts], { description: "A hyphen before it for descending." }),
        defaultTenantSort,
      ),
    }),
    responses: {
      200: { description: "A page of tenants.", schema: pageOf("TenantPage", tenantSchema) },
    },
    errors: ["cursor_invalid"],
  },
  get: {
    method: "GET",
    path: "/v1/tenants/{tenantId}",
    scope: "platform",
    permission: "tenants:read",
    summary: "Get a tenant",
    params,
    responses: oneTenant,
    errors: ["tenant_not_found"],
    etag: true,
  },
  update: {
    method: "PATCH",
    path: "/v1/tenants/{tenantId}",
    scope: "platform",
    permission: "tenants:update",
    summary: "Update a tenant",
    description:
      "A JSON merge patch (RFC 7396): what is absent stays. `If-Match` with the ETag that was read keeps another's change from being lost. The slug never changes.",
    params,
    body: input(
      {
        name: Type.Optional(nameInput),
        plan: Type.Optional(planInput),
        domain: Type.Optional(domainPatchInput),
        settings: Type.Optional(settingsPatchInput),
        retainUntil: Type.Optional(timePatchInput),
        trialEndsAt: Type.Optional(trialPatchInput),
        reviewAt: Type.Optional(reviewPatchInput),
      },
      { title: "TenantPatch" },
    ),
    responses: oneTenant,
    errors: ["tenant_not_found", "tenant_domain_taken", "tenant_ended"],
    idempotent: true,
    etag: true,
    ifMatch: "required",
  },
  delete: {
    method: "DELETE",
    path: "/v1/tenants/{tenantId}",
    scope: "platform",
    permission: "tenants:delete",
    summary: "Delete a tenant",
    description:
      "It is not served from that moment, and can be restored until its grace period is over.",
    params,
    query: input({ reason: Type.Optional(reasonInput) }),
    responses: {
      200: { description: "The operation, finished while waited for.", schema: operationSchema },
      202: { description: "The operation that deletes it.", schema: operationSchema },
    },
    errors: ["tenant_not_found", "tenant_transition_refused", "tenant_deletion_refused"],
    idempotent: true,
    waits: true,
    ifMatch: "optional",
  },
  purge: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/purge",
    scope: "platform",
    permission: "tenants:purge",
    summary: "Purge a deleted tenant",
    description:
      "Takes away everything of a deleted or archived tenant, proves that nothing is left, and issues the erasure certificate. It cannot be taken back, and does not wait for the grace period.",
    params,
    body: input({ reason: reasonInput }, { title: "Purge" }),
    responses: {
      200: { description: "The operation, finished while waited for.", schema: operationSchema },
      202: { description: "The operation that purges it.", schema: operationSchema },
    },
    errors: ["tenant_not_found", "tenant_transition_refused", "tenant_deletion_refused"],
    idempotent: true,
    waits: true,
    ifMatch: "optional",
  },
  activate: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/activate",
    scope: "platform",
    permission: "tenants:activate",
    summary: "Activate a pending tenant",
    description:
      "It is activated by itself with the last thing that is verified; this is for doing without the rest, with `override`.",
    params,
    body: input(
      {
        reason: reasonInput,
        override: defaulted(
          Type.Boolean({ description: "Whether what is not verified is waived." }),
          false,
        ),
      },
      { title: "Activation" },
    ),
    responses: movedTenant,
    errors: ["tenant_not_found", "tenant_transition_refused", "tenant_unverified"],
    idempotent: true,
    etag: true,
    ifMatch: "optional",
  },
  suspend: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/suspend",
    scope: "platform",
    permission: "tenants:suspend",
    summary: "Suspend a tenant",
    description: "Holds in the database from the next statement on.",
    params,
    body: input(
      {
        reason: reasonInput,
        mode: defaulted(
          Type.Enum([...suspensionModes], {
            description: "`readonly` still lets the tenant read; `blocked` serves nothing.",
          }),
          "blocked",
        ),
        reviewAt: Type.Optional(reviewInput),
      },
      { title: "Suspension" },
    ),
    responses: movedTenant,
    errors: ["tenant_not_found", "tenant_transition_refused"],
    idempotent: true,
    etag: true,
    ifMatch: "optional",
  },
  resume: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/resume",
    scope: "platform",
    permission: "tenants:suspend",
    summary: "Resume a suspended tenant",
    params,
    body: input({ reason: Type.Optional(reasonInput) }, { title: "Resumption" }),
    responses: movedTenant,
    errors: ["tenant_not_found", "tenant_transition_refused"],
    idempotent: true,
    etag: true,
    ifMatch: "optional",
  },
  restore: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/restore",
    scope: "platform",
    permission: "tenants:delete",
    summary: "Restore a deleted tenant",
    description:
      "Back to the status that it had. An archived tenant is made anew from its archive: then the answer is 202, and `Location` names the operation.",
    params,
    body: input({ reason: Type.Optional(reasonInput) }, { title: "Restoration" }),
    responses: movedTenant,
    errors: ["tenant_not_found", "tenant_transition_refused", "archive_not_found"],
    idempotent: true,
    etag: true,
    ifMatch: "optional",
  },
} as const satisfies Routes;
