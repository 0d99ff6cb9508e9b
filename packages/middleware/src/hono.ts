// Hestia for Hono: the variable `tenant`, the ambient context, and refusals as problems. Invariant: what comes after the
// middleware, and the body of what it answers, run with the request's own tenant or with none.
import { HestiaError } from "@hestia/core";
import { runWithTenant, type Tenant } from "@hestia/postgres";
import type { Context, MiddlewareHandler } from "hono";
import type { GetConnInfo } from "hono/conninfo";
import { bodyInContext } from "./body-context.ts";
import { fetchFacts, splitUrl } from "./fetch-facts.ts";
import type { RequestFacts } from "./identify.ts";
import { type NodeRequest, nodeFacts } from "./node-facts.ts";
import { problemOf, problemResponse } from "./problems.ts";
import { makeRequestTenants, type Need, type TenantOptions } from "./request-tenant.ts";
import { makeTrust, type TrustProxy } from "./trust.ts";

export type { Naming } from "./hosts.ts";
export type { RequestFacts, Source, SourceReader } from "./identify.ts";
export { type Problem, problemOf } from "./problems.ts";
export type { Need, TenantOptions } from "./request-tenant.ts";
export type { TrustProxy } from "./trust.ts";

/** How tenants come into an application. */
export type TenantMiddlewareOptions = TenantOptions & {
  /** The proxies whose X-Forwarded-Host is believed. Default: none. Addresses need `connInfo`, but on Node. */
  readonly trustProxy?: TrustProxy;
  /** The platform's `getConnInfo`. Default: Node's. */
  readonly connInfo?: GetConnInfo;
};

type Variables<T> = { Variables: { tenant: T } };

/** The environment of an application behind `tenants()`: `new Hono<TenantEnv>()`. */
export type TenantEnv = Variables<Tenant>;

/** Makes middleware by what the routes behind it need. */
export type Tenants = {
  (need?: true): MiddlewareHandler<TenantEnv>;
  (need: "optional"): MiddlewareHandler<Variables<Tenant | undefined>>;
  (need: false): MiddlewareHandler<Variables<undefined>>;
};

/**
 * Makes the middleware that identifies the tenant of every request that comes to it.
 *
 * In Hono paths and order say what a route needs: `tenants()`, `tenants("optional")` and `tenants(false)` go before a
 * route or a group of them, and what has none of them runs without a tenant. Refusals, and errors that Hestia throws in
 * your handlers, go to `app.onError` (`problemOf(error)` tells them apart); where they are left to Hono they are
 * answered with problems (RFC 9457).
 *
 * @example
 * const tenants = tenantMiddleware({ hestia, baseDomain: "example.com" });
 * const app = new Hono()
 *   .get("/healthz", (c) => c.text("ok"))
 *   .get("/orders", tenants(), async (c) =>
 *     c.json((await c.var.tenant.query("select * from orders")).rows));
 */
export function tenantMiddleware(options: TenantMiddlewareOptions): Tenants {
  const tenants = makeRequestTenants(options);
  const trusts = makeTrust(options.trustProxy);
  const addressOf = (c: Context) =>
    options.connInfo ? options.connInfo(c).remote.address : incomingOf(c)?.socket?.remoteAddress;

  const middleware =
    (need: Need = true): MiddlewareHandler =>
    async (c, next) => {
      const held = need === false ? undefined : (c.get("tenant") as Tenant | undefined);
      if (held !== undefined) return next();
      const facts = factsOf(c, trusts(addressOf(c)));
      const tenant = await tenants.admitted(facts, c.req.method, need).catch(refuse);
      c.set("tenant", tenant);
      await runWithTenant(tenant, next);
      const response = bodyInContext(await answered(c), tenant);
      if (response === c.res) return;
      // Hono merges what is set into what was there, unless there was nothing.
      c.res = undefined;
      c.res = response;
    };
  return middleware as Tenants;
}

/** The request's tenant, where its type is not at hand; throws `context_missing` where there is none. */
export function tenantOf(c: Context): Tenant {
  const tenant = c.get("tenant") as Tenant | undefined;
  if (tenant === undefined) throw new HestiaError("context_missing");
  return tenant;
}

type Incoming = NodeRequest & { readonly socket?: { readonly remoteAddress?: string } };

function incomingOf(c: Context): Incoming | undefined {
  const { incoming } = (c.env ?? {}) as { incoming?: Incoming };
  return incoming?.rawHeaders === undefined ? undefined : incoming;
}

/** On Node the connection's own fields are at hand; the path is always the one that Hono finds routes by. */
function factsOf(c: Context, trusted: boolean): RequestFacts {
  const incoming = incomingOf(c) as (Incoming & { readonly url: string }) | undefined;
  if (incoming === undefined) return fetchFacts(c.req.raw, trusted);
  return { ...nodeFacts(incoming, incoming.url, trusted), path: splitUrl(c.req.url).path };
}

/** Hono's own last handler answers with an error's own response. */
function refuse(error: unknown): never {
  if (problemOf(error) !== undefined) {
    Object.assign(error as HestiaError, { getResponse: () => problemResponse(error) });
  }
  throw error;
}

/** The response, or the problem of a handler's error that was left to Hono. */
async function answered(c: Context): Promise<Response> {
  const problem = problemResponse(c.error, c.get("requestId"));
  if (problem === undefined || c.res.status !== 500) return c.res;
  const isDefault = (await c.res.clone().text()) === "Internal Server Error";
  return isDefault ? problem : c.res;
}
