// A tenant's own side, on its own host: so far, who it is. It sees nothing of its placement, nor why
// an operator did something.
import type { Tenant, TenantId } from "@hestia/core";
import { tenantStatuses } from "@hestia/core";
import { type Static, Type } from "typebox";
import { withoutAbsent } from "./present.ts";
import type { Routes } from "./route.ts";

/** The schema of a tenant as it sees itself. */
export const ownTenantSchema = Type.Object(
  {
    id: Type.Unsafe<TenantId>({ type: "string", format: "uuid" }),
    slug: Type.String(),
    name: Type.String(),
    status: Type.Enum([...tenantStatuses]),
    plan: Type.String(),
    domain: Type.Optional(Type.String()),
  },
  { title: "OwnTenant" },
);

/** A tenant as it sees itself. */
export type OwnTenantView = Static<typeof ownTenantSchema>;

/** Returns the tenant as it sees itself. */
export function ownTenantView({ id, slug, name, status, plan, domain }: Tenant): OwnTenantView {
  return withoutAbsent({ id, slug, name, status, plan, domain });
}

/** The routes of a tenant's own side. */
export const ownTenantRoutes = {
  get: {
    method: "GET",
    path: "/v1/tenant",
    scope: "tenant",
    permission: null,
    summary: "Who am I?",
    description: "The tenant that the request's host or headers name.",
    responses: { 200: { description: "The tenant.", schema: ownTenantSchema } },
    errors: [],
  },
} as const satisfies Routes;
