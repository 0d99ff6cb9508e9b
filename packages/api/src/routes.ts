// All routes in one object: the list that every completeness test walks.
import { auditRoutes } from "./audit.ts";
import { changeRoutes } from "./changes.ts";
import { clusterRoutes } from "./clusters.ts";
import { dataRoutes } from "./data.ts";
import { erasureRoutes } from "./erasure.ts";
import { fleetRoutes } from "./fleet.ts";
import { holdRoutes } from "./holds.ts";
import { isolationCheckRoutes } from "./isolation-checks.ts";
import { migrationRoutes } from "./migrations.ts";
import { operationRoutes } from "./operations.ts";
import { operatorKeyRoutes } from "./operator-keys.ts";
import { planRoutes } from "./plans.ts";
import type { Route, Routes } from "./route.ts";
import { serviceRoutes } from "./service.ts";
import { sessionRoutes } from "./session.ts";
import { ownTenantRoutes } from "./tenant.ts";
import { tenantRoutes } from "./tenants.ts";
import { verificationRoutes } from "./verifications.ts";
import { webhookRoutes } from "./webhooks.ts";

/** Every route, by slice and by the name of its operation. */
export const routes = {
  tenants: tenantRoutes,
  data: dataRoutes,
  erasure: erasureRoutes,
  holds: holdRoutes,
  plans: planRoutes,
  verifications: verificationRoutes,
  operations: operationRoutes,
  audit: auditRoutes,
  changes: changeRoutes,
  fleet: fleetRoutes,
  migrations: migrationRoutes,
  clusters: clusterRoutes,
  webhooks: webhookRoutes,
  tenant: ownTenantRoutes,
  operatorKeys: operatorKeyRoutes,
  isolationChecks: isolationCheckRoutes,
  session: sessionRoutes,
  service: serviceRoutes,
} as const satisfies { readonly [slice: string]: Routes };

/** A route with the names that it goes by. */
export type NamedRoute = {
  readonly slice: string;
  readonly name: string;
  /** `slice.name`: unique, and the operationId in OpenAPI. */
  readonly id: string;
  readonly route: Route;
};

/** Returns every route with its names, in the order in which they are declared. */
export function listRoutes(): NamedRoute[] {
  return Object.entries(routes).flatMap(([slice, sliceRoutes]) =>
    Object.entries(sliceRoutes).map(([name, route]: [string, Route]) => ({
      slice,
      name,
      id: `${slice}.${name}`,
      route,
    })),
  );
}
