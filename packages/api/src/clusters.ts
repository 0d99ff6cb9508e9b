// Clusters on the wire: the PostgreSQL servers that hold tenants, and how well each isolates them.
import { type Static, Type } from "typebox";
import type { Routes } from "./route.ts";
import { isolationSchema } from "./schemas.ts";

/** The schema of a cluster in an answer. */
export const clusterSchema = Type.Object(
  {
    name: Type.String(),
    reachable: Type.Boolean({ description: "Whether it answers at present." }),
    postgresVersion: Type.Optional(Type.String({ examples: ["18.1"] })),
    models: Type.Array(isolationSchema, { description: "The isolation models that it can hold." }),
    isolation: Type.Enum(["full", "reduced"], {
      description: "Whether every way between tenants is closed there.",
    }),
    missing: Type.Array(Type.String(), {
      description: "What it lacks for full isolation, each in one sentence.",
    }),
    warm: Type.Array(
      Type.Object(
        {
          isolation: Type.Enum(["schema", "database"]),
          wanted: Type.Integer({ description: "How many the plans want kept ready." }),
          ready: Type.Integer({ description: "How many the next tenants can have at once." }),
          making: Type.Integer({ description: "How many are being made, or brought up." }),
          stale: Type.Integer({
            description: "How many lack a stored migration or are not wanted any more.",
          }),
        },
        { title: "WarmPartitions" },
      ),
      { description: "Partitions made ahead of their tenants, by isolation model." },
    ),
  },
  { title: "Cluster" },
);

/** A cluster as it crosses the wire. */
export type ClusterView = Static<typeof clusterSchema>;

/** The routes of clusters. */
export const clusterRoutes = {
  list: {
    method: "GET",
    path: "/v1/clusters",
    scope: "platform",
    permission: "clusters:read",
    summary: "List the clusters",
    description: "All of them: there are few.",
    responses: {
      200: {
        description: "The clusters.",
        schema: Type.Object({ items: Type.Array(clusterSchema) }, { title: "ClusterList" }),
      },
    },
    errors: [],
  },
} as const satisfies Routes;
