// The same small application on a real HTTP server of each framework, so that one table of attacks and one of promises
// holds for all of them.

import { type EventEmitter, once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { HestiaError } from "@hestia/core";
import { currentTenant, findCurrentTenant, type Tenant } from "@hestia/postgres";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import Fastify, { type FastifyServerOptions } from "fastify";
import { Hono } from "hono";
import { tenantMiddleware as expressTenants, tenantProblems } from "../src/express.ts";
import { rewriteTenantPath, tenantPlugin } from "../src/fastify.ts";
import { tenantHandler } from "../src/fetch.ts";
import { tenantMiddleware as honoTenants } from "../src/hono.ts";
import type { TenantOptions } from "../src/request-tenant.ts";
import type { TrustProxy } from "../src/trust.ts";

/** How the application is made. */
type AppOptions = TenantOptions & { readonly trustProxy?: TrustProxy };

/** A running application. */
export type Running = { readonly port: number; readonly close: () => Promise<void> };

const ambient = () => findCurrentTenant()?.slug ?? "none";
const seen = (tenant: Tenant | undefined) => ({
  tenant: tenant?.slug ?? "none",
  ambient: ambient(),
});
const down = () => new HestiaError("database_unavailable");
const own = () => Object.assign(new Error("mine"), { status: 418, statusCode: 418 });

/** Tells the ambient tenant piece by piece, as it is where each piece is made; too much for any buffer on the way. */
async function* pieces(): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < piecesMax; piece++) {
    const before = ambient();
    await null;
    yield Buffer.from(`${before} ${ambient()}\n`.padEnd(pieceBytes));
  }
}

/** The pieces of `/stream`, and their size. */
export const piecesMax = 40;
const pieceBytes = 500_000;

/** What listeners of a request's and a response's own events saw, by framework. */
export const heard = new Map<string, string[]>();

function listen(name: string, emitter: EventEmitter, events: readonly string[]): void {
  const list = heard.get(name) ?? [];
  heard.set(name, list);
  for (const event of events) emitter.once(event, () => list.push(`${event} ${ambient()}`));
}

async function query(tenant: Tenant) {
  const { rows } = await tenant.query<{ slug: string }>("select slug from whose");
  return { tenant: tenant.slug, ambient: currentTenant().slug, row: rows[0]?.slug };
}

async function fastify({ trustProxy, ...options }: AppOptions): Promise<Running> {
  const app = Fastify({
    forceCloseConnections: true,
    ...(options.sources?.includes("path") ? { rewriteUrl: rewriteTenantPath } : {}),
    ...(trustProxy === undefined ? {} : ({ trustProxy } as FastifyServerOptions)),
  });
  app.register(tenantPlugin, options);
  app.all("/", ({ tenant }) => query(tenant));
  app.get("/healthz", { config: { tenant: false } }, (request) => seen(request.findTenant()));
  app.get("/careless", { config: { tenant: false } }, ({ tenant }) => tenant.slug);
  app.get("/maybe", { config: { tenant: "optional" } }, (request) => seen(request.findTenant()));
  app.post("/body", ({ tenant, body }) => ({
    ...seen(tenant),
    length: JSON.stringify(body).length,
  }));
  app.addContentTypeParser("text/plain", (_request, payload, done) => {
    listen("fastify", payload, ["data", "end"]);
    payload.once("end", () => done(null));
  });
  app.post("/events", ({ tenant }, reply) => {
    listen("fastify", reply.raw, ["finish", "close"]);
    reply.send(seen(tenant));
  });
  app.get("/stream", (_request, reply) => reply.send(Readable.from(pieces())));
  app.get("/down", async () => {
    await delay(1);
    throw down();
  });
  app.get("/own", async () => {
    throw own();
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return running(app.server);
}

async function expressApp({ trustProxy, ...options }: AppOptions): Promise<Running> {
  const app = express();
  if (trustProxy !== undefined) app.set("trust proxy", trustProxy);
  const tenants = expressTenants(options);
  app.get("/healthz", tenants(false), (request, response) => {
    response.json(seen(request.findTenant()));
  });
  app.get("/careless", (request, response) => void response.send(request.tenant.slug));
  app.get("/maybe", tenants("optional"), (request, response) => {
    response.json(seen(request.findTenant()));
  });
  app.use(tenants());
  app.post("/events", (request, response) => {
    listen("express", request, ["data", "end"]);
    listen("express", response, ["finish", "close"]);
    request.once("end", () => response.json(seen(request.findTenant())));
  });
  app.use(express.json({ limit: "2mb" }));
  const home = async ({ tenant }: express.Request, response: express.Response) => {
    response.json(await query(tenant));
  };
  app.all("/", home);
  app.all("/t/:slug", home);
  app.post("/body", ({ tenant, body }, response) => {
    response.json({ ...seen(tenant), length: JSON.stringify(body).length });
  });
  app.get("/stream", (_request, response) => void Readable.from(pieces()).pipe(response));
  app.get("/down", async () => {
    await delay(1);
    throw down();
  });
  app.get("/own", async () => {
    throw own();
  });
  app.use(tenantProblems());
  const quiet: express.ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(error.status ?? 500).json({ message: error.message });
  };
  app.use(quiet);
  return running(createServer(app));
}

async function hono(options: AppOptions): Promise<Running> {
  const tenants = honoTenants(options);
  const app = new Hono()
    .get("/healthz", tenants(false), (c) => c.json(seen(c.var.tenant)))
    .get("/careless", (c) => c.text(currentTenant().slug))
    .get("/maybe", tenants("optional"), (c) => c.json(seen(c.var.tenant)))
    .all("/", tenants(), async (c) => c.json(await query(c.var.tenant)))
    .all("/t/:slug/", tenants(), async (c) => c.json(await query(c.var.tenant)))
    .all("/t/:slug", tenants(), async (c) => c.json(await query(c.var.tenant)))
    .post("/body", tenants(), async (c) => {
      const body = await c.req.json();
      return c.json({ ...seen(c.var.tenant), length: JSON.stringify(body).length });
    })
    .get("/stream", tenants(), (c) => c.body(ReadableStream.from(pieces())))
    .get("/down", tenants(), async () => {
      await delay(1);
      throw down();
    })
    .get("/own", tenants(), async () => {
      throw Object.assign(own(), {
        getResponse: () => Response.json({ message: "mine" }, { status: 418 }),
      });
    })
    .all("*", tenants(), (c) => c.notFound());
  return running(createAdaptorServer({ fetch: app.fetch }) as Server);
}

async function fetchHandlers(options: AppOptions): Promise<Running> {
  type Peer = { incoming: { socket: { remoteAddress?: string } } };
  const addressOf = (_request: Request, peer: Peer) => peer.incoming.socket.remoteAddress;
  const withTenant = tenantHandler({ ...options, addressOf });
  const handlers: Record<string, (request: Request, peer: Peer) => Promise<Response>> = {
    "/healthz": withTenant(false, (_request: Request, tenant, _peer: Peer) =>
      Response.json(seen(tenant)),
    ),
    "/careless": withTenant(false, () => Response.json(currentTenant().slug)),
    "/maybe": withTenant("optional", (_request: Request, tenant) => Response.json(seen(tenant))),
    "/body": withTenant(async (request: Request, tenant) => {
      const body = await request.json();
      return Response.json({ ...seen(tenant), length: JSON.stringify(body).length });
    }),
    "/stream": withTenant(() => new Response(ReadableStream.from(pieces()))),
    "/down": withTenant(async () => {
      await delay(1);
      throw down();
    }),
    "/own": withTenant(async () => {
      throw own();
    }),
  };
  const home = withTenant(async (_request: Request, tenant) => Response.json(await query(tenant)));
  const route = async (request: Request, peer: unknown) => {
    const handler = handlers[new URL(request.url).pathname] ?? home;
    try {
      return await handler(request, peer as Peer);
    } catch (error) {
      const { status = 500, message } = error as Error & { status?: number };
      return Response.json({ message }, { status });
    }
  };
  return running(createAdaptorServer({ fetch: route }) as Server);
}

/** The application by framework. */
export const frameworks = { fastify, express: expressApp, hono, fetch: fetchHandlers };

/** The name of a framework. */
export type Framework = keyof typeof frameworks;

async function running(server: Server): Promise<Running> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { port, close };
}

/** An answer as it came. */
export type Raw = { readonly status: number; readonly head: string; readonly body: string };

/** Writes the bytes as they are and returns all that comes back until the server closes. */
async function send(port: number, text: string): Promise<Raw> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => {});
  socket.write(text, "latin1");
  if (!socket.closed) await once(socket, "close");
  const answer = Buffer.concat(chunks).toString("utf8");
  const end = answer.indexOf("\r\n\r\n");
  const [head, body] = [answer.slice(0, end), answer.slice(end + 4)];
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head: head.toLowerCase(), body };
}

/** Sends a request line and header fields. */
export function request(port: number, line: string, ...fields: string[]): Promise<Raw> {
  return send(port, `${[`${line} HTTP/1.1`, ...fields, "Connection: close"].join("\r\n")}\r\n\r\n`);
}
