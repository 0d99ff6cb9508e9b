// What a tenant has in its data database, on the wire: its tables, and how far its migrations are.
import { isolationModels, type TenantId } from "@hestia/core";
import { type Static, Type } from "typebox";
import type { Routes } from "./route.ts";
import { input, tenantIdInput, timeSchema } from "./schemas.ts";

const tableSchema = Type.Object(
  {
    name: Type.String(),
    rows: Type.Integer({ minimum: 0, description: "The tenant's own rows." }),
    rowsAre: Type.Enum(["counted", "estimated"], {
      description: "Where there are very many, PostgreSQL's statistics are asked.",
    }),
    bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "With indexes. Absent where too little is known of the table for a share.",
      }),
    ),
  },
  { title: "TenantTable" },
);

const migrationSchema = Type.Object(
  {
    set: Type.Enum(["tenant", "shared"]),
    name: Type.String(),
    state: Type.Enum(["applied", "changed", "pending", "failed"], {
      description: "`changed` was applied with another text than what is stored.",
    }),
    appliedAt: Type.Optional(timeSchema),
    durationMs: Type.Optional(Type.Number({ minimum: 0 })),
    failure: Type.Optional(
      Type.Object({
        message: Type.String(),
        line: Type.Optional(Type.Integer({ minimum: 1 })),
        failedAt: timeSchema,
        blocked: Type.Boolean({
          description: "Gets nothing further until it is retried or the file is corrected.",
        }),
      }),
    ),
  },
  { title: "TenantMigration" },
);

const dataSchema = Type.Object(
  {
    tenantId: Type.Unsafe<TenantId>({ type: "string", format: "uuid" }),
    isolation: Type.Enum([...isolationModels]),
    measuredAt: timeSchema,
    bytesAre: Type.Enum(["own", "share"], {
      description:
        "`own`: the size of the tenant's own tables. `share`: others have rows in the same tables, and the sizes are divided by the numbers of rows.",
    }),
    tables: Type.Array(tableSchema, { description: "By name; none where nothing is there." }),
    migrations: Type.Array(migrationSchema, { description: "In the order in which they apply." }),
  },
  { title: "TenantData" },
);

/** What a tenant has in its data database, as it crosses the wire. */
export type TenantDataView = Static<typeof dataSchema>;

/** The route of tenants' data. */
export const dataRoutes = {
  get: {
    method: "GET",
    path: "/v1/tenants/{tenantId}/data",
    scope: "platform",
    permission: "tenants:read",
    summary: "See what a tenant has in its data database",
    description:
      "Its tables with rows and bytes, and its migrations. It is measured while you wait, for a few seconds at most.",
    params: input({ tenantId: tenantIdInput }),
    responses: { 200: { description: "The data.", schema: dataSchema } },
    errors: ["tenant_not_found"],
  },
} as const satisfies Routes;
