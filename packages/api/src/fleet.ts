// The fleet at a glance: counts alone, each from an index, so that a first screen costs the same with a hundred thousand
// tenants.
import { isolationModels, tenantStatuses } from "@hestia/core";
import { type Static, Type } from "typebox";
import type { Routes } from "./route.ts";
import { timeSchema } from "./schemas.ts";

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** The schema of the fleet's counts. */
export const fleetSchema = Type.Object(
  {
    tenants: Type.Array(
      Type.Object(
        {
          status: Type.Enum([...tenantStatuses]),
          isolation: Type.Enum([...isolationModels]),
          count: Type.Integer({ minimum: 1 }),
        },
        { title: "FleetTenants" },
      ),
      { description: "By status and isolation model; what there is none of is left out." },
    ),
    reviewsDue: count("Tenants whose suspension has to be reviewed."),
    operations: Type.Object(
      {
        queued: count("Wait for a server."),
        running: count("Are worked on."),
        stuck: count("Come no further by themselves."),
        failed: count("Failed, of those begun since `failedSince`."),
        failedSince: timeSchema,
      },
      { title: "FleetOperations" },
    ),
  },
  { title: "Fleet" },
);

/** The fleet's counts as they cross the wire. */
export type FleetView = Static<typeof fleetSchema>;

/** The route of the fleet. */
export const fleetRoutes = {
  get: {
    method: "GET",
    path: "/v1/fleet",
    scope: "platform",
    permission: "fleet:read",
    summary: "Count the fleet",
    description: "How many tenants and operations there are of each sort.",
    responses: { 200: { description: "The counts.", schema: fleetSchema } },
    errors: [],
  },
} as const satisfies Routes;
