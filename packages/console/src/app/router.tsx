// Every screen has an address here, and nowhere else. A screen's code is loaded when it is first gone to.
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { parseTenantSearch } from "../tenants/list-search.ts";
import { texts } from "../texts/index.ts";
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
  validateSearch: ({ next, ended }: Record<string, unknown>): { next?: string; ended?: true } => ({
    ...(typeof next === "string" && next.startsWith("/") ? { next } : {}),
    ...(ended === true ? { ended } : {}),
  }),
  component: lazyRouteComponent(() => import("../session/sign-in.tsx"), "SignIn"),
});

const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "inside",
  beforeLoad: async ({ location }) => {
    if ((await readSession()) === undefined)
      throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  component: Shell,
  errorComponent: RouteProblem,
});

const fleetRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../fleet/fleet-page.tsx"), "FleetPage"),
});

const tenantsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/tenants",
  validateSearch: parseTenantSearch,
  component: lazyRouteComponent(() => import("../tenants/list-page.tsx"), "TenantListPage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  insideRoute.addChildren([fleetRoute, tenantsRoute]),
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
