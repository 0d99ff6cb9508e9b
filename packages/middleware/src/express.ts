// Hestia for Express: request.tenant, the ambient context, and refusals as problems. Invariant: what comes after the
// middleware runs with the request's own tenant or with none, also where Express or Node goes on from elsewhere.
import { HestiaError } from "@hestia/core";
import { runWithTenant, type Tenant } from "@hestia/postgres";
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from "express";
import type { RequestFacts } from "./identify.ts";
import { emitInContext } from "./node-context.ts";
import { nodeFacts } from "./node-facts.ts";
import { headersOf, problemContentType, problemOf } from "./problems.ts";
import { makeRequestTenants, type Need, type TenantOptions } from "./request-tenant.ts";

export type { Naming } from "./hosts.ts";
export type { RequestFacts, Source, SourceReader } from "./identify.ts";
export { type Problem, problemOf } from "./problems.ts";
export type { Need, TenantOptions } from "./request-tenant.ts";

declare global {
  namespace Express {
    interface Request {
      /** The request's tenant; throws `context_missing` where there is none. */
      readonly tenant: Tenant;
      /** The request's tenant; undefined on a route that does without. */
      findTenant(): Tenant | undefined;
    }
  }
}

const held = Symbol.for("hestia.tenant");

type Marked = Request & { [held]?: Tenant | undefined };

/**
 * Makes the middleware that identifies the tenant of every request that comes to it.
 *
 * In Express the order says what a route needs: what is mounted before runs without a tenant. `tenants("optional")`
 * and `tenants(false)` are for single routes and routers. A refusal goes to your error handlers, with `status` and
 * `headers`; `tenantProblems` answers it. X-Forwarded-Host is believed of the peers of the application's `trust proxy`,
 * where that is true or a list of addresses: a count of proxies cannot tell who is speaking.
 *
 * @example
 * const tenants = tenantMiddleware({ hestia, baseDomain: "example.com" });
 * app.get("/healthz", (_request, response) => response.send("ok"));
 * app.use(tenants());
 * app.get("/orders", async ({ tenant }, response) => {
 *   response.json((await tenant.query("select * from orders")).rows);
 * });
 * app.use(tenantProblems());
 */
export function tenantMiddleware(options: TenantOptions): (need?: Need) => RequestHandler {
  const tenants = makeRequestTenants(options);
  decorate();
  return (need = true) =>
    (request, response, next) => {
      const goOn = (tenant: Tenant | undefined) => {
        (request as Marked)[held] = tenant;
        emitInContext(request, tenant);
        emitInContext(response, tenant);
        runWithTenant(tenant, next);
      };
      if (need === false) return goOn(undefined);
      if ((request as Marked)[held] !== undefined) return next();
      tenants.admitted(factsOf(request), request.method, need).then(goOn, (error: unknown) => {
        next(withStatus(error));
      });
    };
}

/** Answers Hestia's errors with problems (RFC 9457); every other error goes on. Use it after the routes. */
export function tenantProblems(): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = problemOf(error, requestIdOf(request));
    if (problem === undefined || response.headersSent) return next(error);
    response
      .status(problem.status)
      .set({ ...headersOf(error as HestiaError), "content-type": problemContentType })
      .send(Buffer.from(JSON.stringify(problem)));
  };
}

/** Every request has the properties, so that a route that the middleware never saw is told what it lacks. */
function decorate(): void {
  Object.defineProperties(express.request, {
    tenant: { configurable: true, get: getTenant },
    findTenant: { configurable: true, value: findTenant },
  });
}

function getTenant(this: Request): Tenant {
  const tenant = (this as Marked)[held];
  if (tenant === undefined) throw new HestiaError("context_missing");
  return tenant;
}

function findTenant(this: Request): Tenant | undefined {
  return (this as Marked)[held];
}

function factsOf(request: Request): RequestFacts {
  const { app, socket, originalUrl } = request;
  const byAddress = typeof app.get("trust proxy") !== "number";
  const trusts = app.get("trust proxy fn") as (address: string | undefined, at: number) => boolean;
  return nodeFacts(request, originalUrl, byAddress && trusts(socket.remoteAddress, 0));
}

/** Express's own last handler, and most applications', read these. */
function withStatus(error: unknown): unknown {
  const problem = problemOf(error);
  if (problem === undefined) return error;
  return Object.assign(error as HestiaError, {
    status: problem.status,
    headers: headersOf(error as HestiaError),
  });
}

function requestIdOf(request: Request): string | undefined {
  const { id } = request as { id?: unknown };
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}
