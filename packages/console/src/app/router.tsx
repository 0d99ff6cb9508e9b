// Every screen has an address here, and nowhere else. A screen's code is loaded when it is first gone to; the first screen's
// comes with the rest, so that what it shows is asked for one round trip sooner.
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { FleetPage } from "../fleet/fleet-page.tsx";
import { parseCheckSearch, parseIsolationSearch } from "../isolation/search.ts";
import { parseMigrationSearch } from "../migrations/search.ts";
import { parseOperationListSearch, parseOperationSearch } from "../operations/search.ts";
import { parsePlanSearch, parsePlansSearch } from "../plans/search.ts";
import { parseSignInSearch } from "../session/search.ts";
import { parseSettingsSearch } from "../settings/search.ts";
import { onlyKnown } from "../shared/search.ts";
import { parseRoomSearch } from "../tenant/room-search.ts";
import { parseTenantSearch } from "../tenants/list-search.ts";
import { parseNewTenantSearch } from "../tenants/new-search.ts";
import { texts } from "../texts/index.ts";
import { parseWebhookSearch, parseWebhooksSearch } from "../webhooks/search.ts";
import { NotFound } from "./not-found.tsx";
import { RouteProblem } from "./route-problem.tsx";
import { readSession } from "./session.ts";
import { Shell } from "./shell.tsx";

/** What a tab or a title is called. */
declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    readonly title?: string;
  }
}

const rootRoute = createRootRouteWithContext()({ component: Outlet, notFoundComponent: NotFound });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: onlyKnown(parseSignInSearch),
  component: lazyRouteComponent(() => import("../session/sign-in.tsx"), "SignIn"),
});

const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "inside",
  // Not waited for: the screen's code and what it shows are asked for at the same time. Without a session all of it is
  // refused, and that leads to the door.
  beforeLoad: () => void readSession(),
  component: Shell,
  errorComponent: RouteProblem,
});

const fleetRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/",
  component: FleetPage,
});

const tenantsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/tenants",
  validateSearch: onlyKnown(parseTenantSearch),
  component: lazyRouteComponent(() => import("../tenants/list-page.tsx"), "TenantListPage"),
});

const newTenantRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/tenants/new",
  validateSearch: onlyKnown(parseNewTenantSearch),
  component: lazyRouteComponent(() => import("../tenants/new-page.tsx"), "NewTenantPage"),
});

const tenantRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/tenants/$tenantId",
  validateSearch: onlyKnown(parseRoomSearch),
  component: lazyRouteComponent(() => import("../tenant/tenant-page.tsx"), "TenantPage"),
});

const tenantOverviewRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../tenant/overview-tab.tsx"), "OverviewTab"),
});

const tenantTimelineRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: "/timeline",
  component: lazyRouteComponent(() => import("../tenant/timeline-tab.tsx"), "TimelineTab"),
});

const tenantDataRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: "/data",
  component: lazyRouteComponent(() => import("../tenant/data-tab.tsx"), "DataTab"),
});

const tenantWebhooksRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("../tenant/webhooks-tab.tsx"), "WebhooksTab"),
});

const tenantCertificateRoute = createRoute({
  getParentRoute: () => tenantRoute,
  path: "/certificate",
  component: lazyRouteComponent(() => import("../tenant/certificate-tab.tsx"), "CertificateTab"),
});

const operationsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/operations",
  validateSearch: onlyKnown(parseOperationListSearch),
  component: lazyRouteComponent(() => import("../operations/list-page.tsx"), "OperationListPage"),
});

const operationRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/operations/$operationId",
  validateSearch: onlyKnown(parseOperationSearch),
  component: lazyRouteComponent(() => import("../operations/operation-page.tsx"), "OperationPage"),
});

const migrationsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/migrations",
  validateSearch: onlyKnown(parseMigrationSearch),
  component: lazyRouteComponent(
    () => import("../migrations/migrations-page.tsx"),
    "MigrationsPage",
  ),
});

const isolationRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/isolation",
  validateSearch: onlyKnown(parseIsolationSearch),
  component: lazyRouteComponent(() => import("../isolation/list-page.tsx"), "IsolationPage"),
});

const isolationCheckRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/isolation/$checkId",
  validateSearch: onlyKnown(parseCheckSearch),
  component: lazyRouteComponent(() => import("../isolation/check-page.tsx"), "IsolationCheckPage"),
});

const webhooksRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/webhooks",
  validateSearch: onlyKnown(parseWebhooksSearch),
  component: lazyRouteComponent(() => import("../webhooks/list-page.tsx"), "WebhookListPage"),
});

const webhookRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/webhooks/$webhookId",
  validateSearch: onlyKnown(parseWebhookSearch),
  component: lazyRouteComponent(() => import("../webhooks/webhook-page.tsx"), "WebhookPage"),
});

const plansRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/plans",
  validateSearch: onlyKnown(parsePlansSearch),
  component: lazyRouteComponent(() => import("../plans/list-page.tsx"), "PlanListPage"),
});

const planRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/plans/$planId",
  validateSearch: onlyKnown(parsePlanSearch),
  component: lazyRouteComponent(() => import("../plans/plan-page.tsx"), "PlanPage"),
});

const settingsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/settings",
  validateSearch: onlyKnown(parseSettingsSearch),
  component: lazyRouteComponent(() => import("../settings/settings-page.tsx"), "SettingsPage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  insideRoute.addChildren([
    fleetRoute,
    tenantsRoute,
    newTenantRoute,
    tenantRoute.addChildren([
      tenantOverviewRoute,
      tenantTimelineRoute,
      tenantDataRoute,
      tenantWebhooksRoute,
      tenantCertificateRoute,
    ]),
    operationsRoute,
    operationRoute,
    migrationsRoute,
    isolationRoute,
    isolationCheckRoute,
    webhooksRoute,
    webhookRoute,
    plansRoute,
    planRoute,
    settingsRoute,
  ]),
]);

export const router = createRouter({
  routeTree,
  basepath: "/console",
  context: {},
  defaultPreload: "intent",
  defaultErrorComponent: RouteProblem,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

document.title = texts.app.name;
