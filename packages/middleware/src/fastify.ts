// Hestia for Fastify: request.tenant, the ambient context, and refusals as problems. Invariant: from the first hook after
// this one to the last, a request runs with its own tenant or with none, whatever else runs on its connection.
import { HestiaError } from "@hestia/core";
import { type DirectoryEntry, type Hestia, runWithTenant, type Tenant } from "@hestia/postgres";
import type { FastifyInstance, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import {
  admit,
  makeIdentify,
  type RequestFacts,
  type Source,
  splitTenantPath,
} from "./identify.ts";
import { headersOf, problemContentType, problemOf, statusOf } from "./problems.ts";

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
export type TenantPluginOptions = {
  /** What `connect` returned. */
  readonly hestia: Hestia;
  /** The domain below which slugs are hosts. Default `localhost`, which serves development alone. */
  readonly baseDomain?: string;
  /** Where a request may name its tenant, in the order in which it is read. Default: host, then header. */
  readonly sources?: readonly Source[];
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
  const { hestia, baseDomain = "localhost", sources = ["host", "header"], optional } = options;
  const identify = makeIdentify({ baseDomain, sources, find: (key) => hestia.find(key) });
  const tenantOf = keepTenants(hestia);
  app.decorateRequest(held, undefined);
  app.decorateRequest(refused, undefined);
  app.decorateRequest("tenant", { getter: getTenant });
  app.decorateRequest("findTenant", findTenant);
  app.addHook("onRequest", (request, _reply, done) => {
    const wish = wishOf(request) ?? (optional ? "optional" : true);
    if (wish === false) return resume(request, done);
    const admitted = async () => {
      const entry = await identify(factsOf(request));
      if (entry) admit(entry, request.method);
      else if (wish !== "optional") throw new HestiaError("tenant_unidentified");
      return entry && tenantOf(entry);
    };
    admitted().then((tenant) => {
      (request as Marked)[held] = tenant;
      resume(request, done);
    }, done);
  });
  keepContext(app);
  answerRefusals(app);
}

/** What the route says; a path that has no route is not refused for want of a tenant. */
function wishOf(request: FastifyRequest): false | "optional" | undefined {
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

/** One object a tenant, for as long as the directory says the same of it. */
function keepTenants(hestia: Hestia): (entry: DirectoryEntry) => Tenant {
  const kept = new WeakMap<DirectoryEntry, Tenant>();
  return (entry) => {
    let tenant = kept.get(entry);
    if (tenant === undefined) {
      tenant = hestia.tenantOf(entry);
      kept.set(entry, tenant);
    }
    return tenant;
  };
}

function factsOf(request: FastifyRequest): RequestFacts {
  const { raw, host, originalUrl } = request;
  const hosts = [host];
  // Fastify believes a forwarded host only of a proxy that it trusts; else the connection's own fields count, all of them.
  if (host === (raw.headers.host ?? raw.headers[":authority"] ?? "")) {
    const { rawHeaders } = raw;
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const value = rawHeaders[at + 1] ?? "";
      if (isHostField(rawHeaders[at] ?? "") && value !== host) hosts.push(value);
    }
    // "GET http://host/path" names a host as well, and goes before the field.
    const [, target] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(originalUrl) ?? [];
    if (target !== undefined) hosts.push(target);
  }
  return { hosts, headers: raw.headers, path: originalUrl };
}

function isHostField(name: string): boolean {
  return (name.length === 4 && name.toLowerCase() === "host") || name === ":authority";
}

/**
 * Goes on with the request in its tenant's context, or in none.
 *
 * Run, and not entered: a context that is entered outlasts the hook and can reach what its connection does next.
 */
function resume(request: FastifyRequest, done: () => void): void {
  runWithTenant((request as Marked)[held], done);
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
