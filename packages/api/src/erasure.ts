// What keeps a tenant from its end, and the proof of it, on the wire.
import type { TenantId } from "@hestia/core";
import { type Static, Type } from "typebox";
import type { Routes } from "./route.ts";
import { input, tenantIdInput, timeSchema } from "./schemas.ts";

const checkSchema = Type.Object(
  {
    code: Type.Enum(["legal_hold", "retention", "operation_running", "webhook"]),
    keepsFrom: Type.Array(Type.Enum(["delete", "purge"]), {
      description: "What it keeps the tenant from; empty where it is only told.",
    }),
    message: Type.String(),
  },
  { title: "DeletionCheck" },
);

const countSchema = Type.Object({
  store: Type.String({ description: "What was looked into." }),
  found: Type.Integer({ minimum: 0, description: "What was found of the tenant there." }),
});

/** The schema of an erasure certificate. */
export const certificateSchema = Type.Object(
  {
    tenantId: Type.Unsafe<TenantId>({ type: "string", format: "uuid" }),
    issuedAt: timeSchema,
    reason: Type.Optional(Type.String()),
    requestedBy: Type.String({ description: "Who asked for it." }),
    isolation: Type.String(),
    erased: Type.Array(
      Type.Object({
        name: Type.String({ description: "A table." }),
        rows: Type.Integer({ minimum: 0 }),
        sha256: Type.String({ description: "Of its rows as they were archived before." }),
      }),
    ),
    stores: Type.Array(countSchema),
    kept: Type.Array(Type.Object({ store: Type.String(), why: Type.String() }), {
      description: "What is kept by design, and why.",
    }),
    sha256: Type.String({ description: "Of the other members, as canonical JSON (RFC 8785)." }),
  },
  { title: "ErasureCertificate" },
);

/** An erasure certificate as it crosses the wire. */
export type CertificateView = Static<typeof certificateSchema>;

const params = input({ tenantId: tenantIdInput });

/** The routes about tenants' ends. */
export const erasureRoutes = {
  checks: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/deletion-checks",
    scope: "platform",
    permission: "tenants:read",
    summary: "See what keeps a tenant from being deleted",
    description: "Everything at once: legal holds, retention, operations under way.",
    params,
    responses: {
      200: {
        description: "The checks.",
        schema: Type.Object(
          {
            canBeDeleted: Type.Boolean(),
            canBePurged: Type.Boolean({ description: "Once it is deleted." }),
            items: Type.Array(checkSchema),
          },
          { title: "DeletionChecks" },
        ),
      },
    },
    errors: ["tenant_not_found"],
  },
  certificate: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/erasure-certificate",
    scope: "platform",
    permission: "tenants:read",
    summary: "Get the erasure certificate of a purged tenant",
    params,
    responses: { 200: { description: "The certificate.", schema: certificateSchema } },
    errors: ["tenant_not_found", "certificate_not_found"],
  },
  certificatePage: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/erasure-certificate.html",
    scope: "platform",
    permission: "tenants:read",
    summary: "Get the erasure certificate as a page to print",
    params,
    responses: {
      200: { description: "The page.", schema: Type.String(), contentType: "text/html" },
    },
    errors: ["tenant_not_found", "certificate_not_found"],
  },
} as const satisfies Routes;
