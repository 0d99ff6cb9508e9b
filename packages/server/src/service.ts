// The service's own routes: whether the process lives, whether it can serve, and what it offers.
import { openapi, type ReadinessView, type serviceRoutes } from "@hestia/api";
import { getServerVersion, listClusters } from "@hestia/postgres/platform";
import { pageHeaders, referencePage } from "./docs.ts";
import type { Handlers } from "./handlers.ts";

/** What the service's routes tell. */
export type ServiceFacts = {
  readonly version: string;
  readiness(): Promise<ReadinessView>;
};

/** Makes the handlers of the service itself. */
export function serviceHandlers({
  version,
  readiness,
}: ServiceFacts): Handlers<typeof serviceRoutes> {
  const document = { ...openapi({ version }) };
  return {
    health: async () => ({ status: 200, body: { status: "ok" } }),
    readiness: async () => {
      const body = await readiness();
      const headers = { "cache-control": "no-store" };
      return body.status === "ready"
        ? { status: 200, body, headers }
        : { status: 503, body, headers: { ...headers, "retry-after": "2" } };
    },
    about: async ({ platform }) => {
      const { clusters, postgresVersion } = await platform.db.asPlatform(async (tx) => ({
        clusters: await listClusters(tx),
        postgresVersion: await getServerVersion(tx),
      }));
      const isReduced = clusters.some(({ isolation }) => isolation === "reduced");
      const body = {
        version,
        nodeVersion: process.versions.node,
        postgresVersion,
        isolation: isReduced ? ("reduced" as const) : ("full" as const),
        missing: clusters.flatMap(({ missing }) => missing),
        license: "Apache-2.0",
      };
      return { status: 200, body };
    },
    setup: async ({ platform }) => {
      const { baseDomain, settingsSchema } = platform.config;
      const protocol = baseDomain === "localhost" ? "http" : "https";
      const { tenantUrl = `${protocol}://{slug}.${baseDomain}/` } = platform.config;
      const schema = settingsSchema === undefined ? {} : { settingsSchema };
      return { status: 200, body: { baseDomain, tenantUrl, ...schema } };
    },
    openapi: async () => ({ status: 200, body: document }),
    reference: async () => ({ status: 200, body: referencePage, headers: pageHeaders }),
  };
}
