// Hestia for Fastify: request.tenant, the ambient context, and refusals as problems. Invariant: from the first hook after
// this one to the last, a request runs with its own tenant or with none, whatever else runs on its connection.
import { HestiaError } from "@hestia/core";
import { findCurrentTenant, runWithTenant, type Tenant } from "@hestia/postgres";
import type { FastifyInstance, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { type RequestFacts, splitTenantPath } from "./identify.ts";
import { emitInContext } from "./node-context.ts";
import { forwardedHosts, nodeFacts } from "./node-facts.ts";
import { headersOf, problemContentType, problemOf, statusOf } from "./problems.ts";
import { makeRequestTenants, type Need, type TenantOptions } from "./request-tenant.ts";

export type { Naming } from "./hosts.ts";
export type { RequestFacts, Source, SourceReader } from "./identify.ts";
export { type Problem, problemOf } from "./problems.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The request's tenant; throws `context_missing` where there is none. */
    readonly tenant: Tenant;
    /** The request's tenant; undefined on a route that does without. */
    findTenant(): Tenant | undefined;
  }
  interface FastifyContextConfig {
    /** False: the route has no tenant. "optional": it has one if the request names one. */
    tenant?: false | "optional";
  }
}

/** How tenants come into an application. */
export type TenantPluginOptions = TenantOptions & {
  /** Lets requests that name no tenant through on every route. Default false. */
  readonly optional?: boolean;
};

const held = Symbol("hestia.tenant");
const refused = Symbol("hestia.refusal");

type Marked = FastifyRequest & { [held]: Tenant | undefined; [refused]: HestiaError | undefined };

/**
 * Identifies the tenant of every request.
 *
 * A refusal is an error with `statusCode` and `headers`, thrown through Fastify's own error handling: your error handler
 * sees it like any other (`problemOf(error)` tells it apart), and where it is left to Fastify it is answered with a
 * problem (RFC 9457). So are errors that Hestia throws in your handlers, such as `tenant_suspended` or
 * `database_unavailable`; every other error is yours.
 *
 * @example
 * const app = Fastify();
 * app.register(tenantPlugin, { hestia, baseDomain: "example.com" });
 * app.get("/orders", async ({ tenant }) => (await tenant.query("select * from orders")).rows);
 * app.get("/healthz", { config: { tenant: false } }, () => "ok");
 */
export const tenantPlugin = fp(plugin, { fastify: "5.x", name: "@hestia/middleware" });

/**
 * Serves `/t/{slug}/…` as `/…`, for the source "path".
 *
 * Only with that source on: without it a path that names one tenant would be served as the host's.
 *
 * @example const app = Fastify({ rewriteUrl: rewriteTenantPath });
 */
export function rewriteTenantPath({ url = "/" }: { readonly url?: string | undefined }): string {
  return splitTenantPath(url)?.rest ?? url;
}

async function plugin(app: FastifyInstance, options: TenantPluginOptions): Promise<void> {
  const tenants = makeRequestTenants(options);
  const usual: Need = options.optional ? "optional" : true;
  app.decorateRequest(held, undefined);
  app.decorateRequest(refused, undefined);
  app.decorateRequest("tenant", { getter: getTenant });
  app.decorateRequest("findTenant", findTenant);
  app.addHook("onRequest", (request, reply, done) => {
    const need = needOf(request) ?? usual;
    if (need === false) return resume(request, done);
    tenants.admitted(factsOf(request), request.method, need).then((tenant) => {
      (request as Marked)[held] = tenant;
      emitInContext(request.raw, tenant);
      emitInContext(reply.raw, tenant);
      runWithTenant(tenant, done);
    }, done);
  });
  keepContext(app);
  answerRefusals(app);
}

/** What the route says; a path that has no route is not refused for want of a tenant. */
function needOf(request: FastifyRequest): false | "optional" | undefined {
  return request.is404 ? "optional" : request.routeOptions.config.tenant;
}

function getTenant(this: FastifyRequest): Tenant {
  const tenant = (this as Marked)[held];
  if (tenant === undefined) throw new HestiaError("context_missing");
  return tenant;
}

function findTenant(this: FastifyRequest): Tenant | undefined {
  return (this as Marked)[held];
}

function factsOf(request: FastifyRequest): RequestFacts {
  const { raw } = request;
  const forwarded = forwardedHosts(raw);
  // Fastify believes the last of the forwarded hosts, and only of a proxy that it trusts.
  const trusted =
    forwarded.length > 0 && request.ips !== undefined && request.host === forwarded.at(-1);
  return nodeFacts(raw, request.originalUrl, trusted);
}

/**
 * Goes on with the request in its tenant's context, or in none.
 *
 * Run, and not entered: a context that is entered outlasts the hook and can reach what its connection does next.
 */
function resume(request: FastifyRequest, done: () => void): void {
  const tenant = (request as Marked)[held];
  if (findCurrentTenant() === tenant) done();
  else runWithTenant(tenant, done);
}

/** Steps that Fastify begins from elsewhere: the response before this one on the connection, the socket, a timer. */
function keepContext(app: FastifyInstance): void {
  app.addHook("onResponse", (request, _reply, done) => resume(request, done));
  app.addHook("onTimeout", (request, _reply, done) => resume(request, done));
  app.addHook("onRequestAbort", (request, done) => resume(request, done));
}

/** Fastify's own error handling reads statusCode and headers, and so do most applications' handlers. */
function answerRefusals(app: FastifyInstance): void {
  app.addHook("onError", (request, _reply, error, done) => {
    const statusCode = statusOf(error);
    if (statusCode !== undefined) {
      const refusal = error as unknown as HestiaError;
      Object.assign(refusal, { statusCode, headers: headersOf(refusal) });
      (request as Marked)[refused] = refusal;
    }
    resume(request, done);
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const refusal = (request as Marked)[refused];
    if (refusal === undefined || !isDefaultAnswer(payload, refusal)) return done(null, payload);
    const body = JSON.stringify(problemOf(refusal, request.id));
    // Fastify has measured its own answer, and would say so in answer to a HEAD request.
    reply.type(problemContentType).header("content-length", Buffer.byteLength(body));
    done(null, body);
  });
}

/** True for the body that Fastify makes of an error that no handler answered. */
function isDefaultAnswer(payload: unknown, refusal: HestiaError): boolean {
  if (typeof payload !== "string" || !payload.startsWith('{"statusCode"')) return false;
  const { code, message } = JSON.parse(payload) as Record<string, unknown>;
  return code === refusal.code && message === refusal.message;
}
