// The audit log on the wire: who did what, when, why, and what it changed. It is read only.
import { type AuditEvent, type EventId, eventTypes, type TenantId } from "@hestia/core";
import { type Static, Type } from "typebox";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import type { Routes } from "./route.ts";
import { input, tenantIdInput, timeSchema } from "./schemas.ts";

/** The schema of an audit event in an answer. */
export const auditEventSchema = Type.Object(
  {
    id: Type.Unsafe<EventId>({ type: "string", format: "uuid" }),
    type: Type.String({ description: "What happened.", examples: ["tenant.created"] }),
    at: timeSchema,
    actor: Type.Object(
      {
        kind: Type.String({ description: "`operator` or `system`." }),
        id: Type.Optional(Type.String()),
        name: Type.String(),
      },
      { title: "Actor" },
    ),
    tenantId: Type.Optional(Type.Unsafe<TenantId>({ type: "string", format: "uuid" })),
    requestId: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String()),
    data: Type.Unsafe<Record<string, unknown>>({
      type: "object",
      description: "What it changed: the members `before` and `after`, where there are any.",
    }),
  },
  { title: "AuditEvent" },
);

/** An audit event as it crosses the wire. */
export type AuditEventView = Static<typeof auditEventSchema>;

/** Returns the audit event as it crosses the wire. */
export function auditEventView(event: AuditEvent): AuditEventView {
  const { at, actor, data, ...rest } = event;
  return { ...withoutAbsent(rest), at: at.toISOString(), actor: { ...actor }, data: { ...data } };
}

const query = {
  ...pageQuery,
  type: Type.Optional(Type.Array(Type.Enum([...eventTypes]), { minItems: 1 })),
};
const onePage = {
  200: { description: "A page of audit events.", schema: pageOf("AuditPage", auditEventSchema) },
};

/** The routes of the audit log. */
export const auditRoutes = {
  list: {
    method: "GET",
    path: "/v1/audit",
    scope: "platform",
    permission: "audit:read",
    summary: "List the platform's audit events",
    description: "The newest first.",
    query: input({ ...query, tenantId: Type.Optional(tenantIdInput) }),
    responses: onePage,
    errors: ["cursor_invalid"],
  },
  listForTenant: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/audit",
    scope: "platform",
    permission: "audit:read",
    summary: "List a tenant's audit events",
    description: "The newest first.",
    params: input({ tenantId: tenantIdInput }),
    query: input(query),
    responses: onePage,
    errors: ["tenant_not_found", "cursor_invalid"],
  },
} as const satisfies Routes;
