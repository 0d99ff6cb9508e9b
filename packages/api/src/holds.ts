// Legal holds on the wire: while one is in force its tenant is neither deleted nor purged.
import type { HoldId, LegalHold } from "@hestia/core";
import { type Static, Type } from "typebox";
import { withoutAbsent } from "./present.ts";
import type { Routes } from "./route.ts";
import { holdIdInput, input, reasonInput, tenantIdInput, timeSchema } from "./schemas.ts";

/** The schema of a hold in an answer. */
export const holdSchema = Type.Object(
  {
    id: Type.Unsafe<HoldId>({ type: "string", format: "uuid" }),
    reason: Type.String(),
    placedBy: Type.String({ description: "The name of who placed it." }),
    placedAt: timeSchema,
    liftedAt: Type.Optional(timeSchema),
  },
  { title: "LegalHold" },
);

/** A hold as it crosses the wire. */
export type HoldView = Static<typeof holdSchema>;

/** Returns the hold as it crosses the wire. */
export function holdView({ id, reason, placedBy, placedAt, liftedAt }: LegalHold): HoldView {
  return {
    ...{ id, reason, placedBy: placedBy.name, placedAt: placedAt.toISOString() },
    ...withoutAbsent({ liftedAt: liftedAt?.toISOString() }),
  };
}

const params = input({ tenantId: tenantIdInput });

/** The routes of legal holds. */
export const holdRoutes = {
  list: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/holds",
    scope: "platform",
    permission: "holds:read",
    summary: "List a tenant's legal holds",
    description: "All of them, also those that were lifted, the newest first.",
    params,
    responses: {
      200: {
        description: "The holds.",
        schema: Type.Object({ items: Type.Array(holdSchema) }, { title: "LegalHoldList" }),
      },
    },
    errors: ["tenant_not_found"],
  },
  place: {
    method: "POST",
    path: "/v1/tenants/{tenantId}/holds",
    scope: "platform",
    permission: "holds:write",
    summary: "Place a legal hold",
    description: "While it is in force the tenant is neither deleted, archived nor purged.",
    params,
    body: input({ reason: reasonInput }, { title: "NewLegalHold" }),
    responses: { 201: { description: "The hold.", schema: holdSchema } },
    errors: ["tenant_not_found", "tenant_ended"],
    idempotent: true,
  },
  lift: {
    method: "DELETE",
    path: "/v1/tenants/{tenantId}/holds/{holdId}",
    scope: "platform",
    permission: "holds:write",
    summary: "Lift a legal hold",
    params: input({ tenantId: tenantIdInput, holdId: holdIdInput }),
    query: input({ reason: Type.Optional(reasonInput) }),
    responses: { 200: { description: "The hold, lifted.", schema: holdSchema } },
    errors: ["tenant_not_found", "hold_not_found"],
    idempotent: true,
  },
} as const satisfies Routes;
