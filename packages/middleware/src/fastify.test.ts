import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectSocket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { HestiaError, makeId, type TenantId } from "@hestia/core";
import { currentTenant, findCurrentTenant } from "@hestia/postgres";
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeWorld, type World } from "../test/world.ts";
import { problemOf, rewriteTenantPath, tenantPlugin } from "./fastify.ts";

let world: World;
const apps: FastifyInstance[] = [];

beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"));
});

afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await world.close();
});

const whoseText = "select slug from whose";

function makeApp(options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, ...options });
  apps.push(app);
  return app;
}

function tenantApp(options: FastifyServerOptions = {}): FastifyInstance {
  const app = makeApp(options);
  app.register(tenantPlugin, { hestia: world.hestia, sources: ["host", "header", "path"] });
  app.all("/", async (request) => {
    const { rows } = await request.tenant.query<{ slug: string }>(whoseText);
    return { tenant: request.tenant.slug, ambient: currentTenant().slug, row: rows[0]?.slug };
  });
  return app;
}

const at = (slug: string) => ({ host: `${slug}.localhost` });
const isTenant = (slug: string) => ({ tenant: slug, ambient: slug, row: slug });

describe("a request's tenant", () => {
  test("comes from its host, its domain, its headers or its path, in every isolation model", async () => {
    const app = tenantApp({ rewriteUrl: rewriteTenantPath });
    for (const { id, slug } of world.tenants) {
      const requests = [
        { url: "/", headers: at(slug) },
        { url: "/", headers: { host: `${slug}.tenants.dev:8080` } },
        { url: "/", headers: { "x-tenant-id": id } },
        { url: "/", headers: { "x-tenant-slug": slug } },
        { url: `/t/${slug}/?page=2` },
        { url: `/t/${slug}` },
      ];
      for (const request of requests) {
        expect((await app.inject(request)).json()).toEqual(isTenant(slug));
      }
    }
  });

  test("is refused with a problem where it is not one", async () => {
    const app = tenantApp();
    const absent = makeId<TenantId>(0);
    const refusals: [Record<string, string>, number, string][] = [
      [{ host: "localhost" }, 400, "tenant_unidentified"],
      [{ ...at("shared-1"), "x-tenant-slug": "shared-2" }, 400, "tenant_sources_disagree"],
      [at("nobody-here"), 404, "tenant_not_found"],
      [{ "x-tenant-id": absent }, 404, "tenant_not_found"],
      [{ "x-tenant-slug": "N0T-A-SLUG" }, 404, "tenant_not_found"],
    ];
    for (const [headers, status, code] of refusals) {
      const reply = await app.inject({ url: "/", headers });
      expect(reply.statusCode).toBe(status);
      expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
      expect(Number(reply.headers["content-length"])).toBe(reply.rawPayload.length);
      expect(reply.json()).toMatchObject({ status, code, title: expect.any(String) });
      expect(reply.json().detail).toMatch(/\.$/);
    }
  });

  test("decides by its status: not ready, suspended, ended, read-only", async () => {
    const app = tenantApp();
    const [tenant] = world.tenants;
    if (tenant === undefined) throw new Error("no tenant");
    const answer = async (method: "GET" | "POST") => {
      const reply = await app.inject({ method, url: "/", headers: at(tenant.slug) });
      return [reply.statusCode, reply.json().code, reply.headers["retry-after"]];
    };
    const expected = [
      ["provisioning", [409, "tenant_not_ready", "2"], [409, "tenant_not_ready", "2"]],
      ["suspended", [403, "tenant_suspended", undefined], [403, "tenant_suspended", undefined]],
      ["deleting", [410, "tenant_ended", undefined], [410, "tenant_ended", undefined]],
      ["readonly", [200, undefined, undefined], [403, "tenant_readonly", undefined]],
      ["active", [200, undefined, undefined], [200, undefined, undefined]],
    ] as const;
    for (const [status, reading, writing] of expected) {
      await world.setStatus(tenant, status);
      // The directory hears of it by a notification, a moment later.
      const both = async () => [await answer("GET"), await answer("POST")];
      await expect.poll(both, { timeout: 10_000 }).toEqual([reading, writing]);
    }
  });

  test("is not asked for where the route does without, and optional where it says so", async () => {
    const app = tenantApp();
    app.get("/healthz", { config: { tenant: false } }, (request) => ({
      found: request.findTenant()?.slug ?? null,
      ambient: findCurrentTenant()?.slug ?? null,
    }));
    app.get("/maybe", { config: { tenant: "optional" } }, (request) => ({
      found: request.findTenant()?.slug ?? null,
    }));
    app.get("/careless", { config: { tenant: false } }, (request) => request.tenant.slug);
    const get = (url: string, headers = {}) => app.inject({ url, headers });
    expect((await get("/healthz", at("nobody-here"))).json()).toEqual({
      found: null,
      ambient: null,
    });
    expect((await get("/healthz", at("shared-1"))).json()).toEqual({ found: null, ambient: null });
    expect((await get("/maybe")).json()).toEqual({ found: null });
    expect((await get("/maybe", at("shared-1"))).json()).toEqual({ found: "shared-1" });
    expect((await get("/maybe", at("nobody-here"))).statusCode).toBe(404);
    expect((await get("/careless", at("shared-1"))).statusCode).toBe(500);
    expect((await get("/no-such-route")).json().message).toMatch("Route GET:/no-such-route");
    expect((await get("/no-such-route", at("nobody-here"))).json().code).toBe("tenant_not_found");
  });

  test("may be wanting everywhere where the plugin is told so", async () => {
    const app = makeApp();
    app.register(tenantPlugin, { hestia: world.hestia, optional: true });
    app.get("/", (request) => ({ found: request.findTenant()?.slug ?? null }));
    expect((await app.inject("/")).json()).toEqual({ found: null });
    const reply = await app.inject({ url: "/", headers: at("schema-1") });
    expect(reply.json()).toEqual({ found: "schema-1" });
    expect((await app.inject({ url: "/", headers: at("nobody-here") })).statusCode).toBe(404);
  });

  test("comes from the authority over HTTP/2", async () => {
    const app = Fastify({ http2: true }) as unknown as FastifyInstance;
    apps.push(app);
    app.register(tenantPlugin, { hestia: world.hestia });
    app.get("/", (request) => ({ found: request.tenant.slug }));
    const session = connectHttp2(`http://127.0.0.1:${await listen(app)}`);
    const get = async (headers: Record<string, string>) => {
      const stream = session.request({ ":path": "/", ...headers });
      let body = "";
      for await (const chunk of stream) body += chunk;
      return JSON.parse(body);
    };
    const authority = { ":authority": "database-1.localhost" };
    expect(await get(authority)).toEqual({ found: "database-1" });
    const two = { ...authority, host: "shared-1.localhost" };
    expect(await get(two)).toMatchObject({ code: "tenant_sources_disagree" });
    session.close();
  });

  test("comes from a forwarded host only where the proxy is trusted", async () => {
    const request = {
      url: "/",
      headers: { ...at("shared-1"), "x-forwarded-host": "shared-2.localhost" },
    };
    expect((await tenantApp().inject(request)).json()).toEqual(isTenant("shared-1"));
    const trusting = tenantApp({ trustProxy: "127.0.0.1" });
    expect((await trusting.inject(request)).json()).toEqual(isTenant("shared-2"));
    const strange = { ...request, remoteAddress: "10.0.0.1" };
    expect((await trusting.inject(strange)).json()).toEqual(isTenant("shared-1"));
  });

  test("is refused where the connection names two hosts", async () => {
    const port = await listen(tenantApp());
    const two = "Host: shared-1.localhost\r\nHost: shared-2.localhost";
    const answers = [
      await send(port, `GET / HTTP/1.1\r\n${two}\r\nConnection: close\r\n\r\n`),
      await send(
        port,
        "GET http://shared-2.localhost/ HTTP/1.1\r\nHost: shared-1.localhost\r\nConnection: close\r\n\r\n",
      ),
    ];
    for (const answer of answers) expect(answer).toMatch(/ 400 .*tenant_sources_disagree/s);
    const agreeing = `GET http://shared-1.localhost/ HTTP/1.1\r\nHost: SHARED-1.localhost:${port}\r\nConnection: close\r\n\r\n`;
    expect(await send(port, agreeing)).toContain(JSON.stringify(isTenant("shared-1")));
  });
});

describe("an error", () => {
  test("of Hestia's in a handler is a problem, in any form that Fastify knows", async () => {
    const app = tenantApp();
    const down = () => new HestiaError("database_unavailable");
    app.get("/thrown", async () => {
      throw down();
    });
    app.get("/sent", (_request, reply) => void reply.send(down()));
    app.get("/hooked", { preHandler: (_request, _reply, done) => done(down()) }, () => "");
    for (const url of ["/thrown", "/sent", "/hooked"]) {
      const reply = await app.inject({ url, headers: at("shared-1") });
      expect(reply.statusCode).toBe(503);
      expect(reply.headers["retry-after"]).toBe("2");
      expect(reply.json()).toMatchObject({
        code: "database_unavailable",
        instance: expect.any(String),
      });
    }
    const head = await app.inject({ method: "HEAD", url: "/thrown", headers: at("shared-1") });
    const get = await app.inject({ url: "/thrown", headers: at("shared-1") });
    expect([head.statusCode, head.payload]).toEqual([503, ""]);
    expect(head.headers["content-length"]).toBe(String(get.rawPayload.length));
  });

  test("of the database's own gate is a problem though the directory is behind", async () => {
    const app = tenantApp();
    for (const slug of ["shared-2", "schema-2", "database-2"]) {
      const headers = at(slug);
      expect((await app.inject({ url: "/", headers })).statusCode).toBe(200);
      await world.suspendInDatabase(slug);
      const reply = await app.inject({ url: "/", headers });
      expect([reply.statusCode, reply.json().code]).toEqual([403, "tenant_suspended"]);
    }
  });

  test("that is not of the data plane is the application's", async () => {
    const app = tenantApp();
    app.get("/own", async () => {
      throw Object.assign(new Error("mine"), { statusCode: 418 });
    });
    app.get("/control", async () => {
      throw new HestiaError("server_unreachable", { url: "http://10.0.0.1" });
    });
    const reply = await app.inject({ url: "/own", headers: at("shared-1") });
    expect(reply.json()).toEqual({ statusCode: 418, error: "I'm a Teapot", message: "mine" });
    expect((await app.inject({ url: "/control", headers: at("shared-1") })).statusCode).toBe(500);
  });

  test.each([
    [
      "before the plugin",
      (app: FastifyInstance, handle: Handle) => app.setErrorHandler<Error>(handle),
    ],
    [
      "after the plugin",
      async (app: FastifyInstance, handle: Handle) => {
        await app.after();
        app.setErrorHandler<Error>(handle);
      },
    ],
  ])("reaches an error handler set %s first, with its status and in its tenant", async (_, set) => {
    const app = makeApp();
    app.register(tenantPlugin, { hestia: world.hestia });
    await set(app, (error, request, reply) => {
      const problem = problemOf(error, request.id);
      if (error.message === "leave it") return reply.send(error);
      return reply
        .code(problem?.status ?? 500)
        .send(`${problem?.code ?? error.message} ${ambient()}`);
    });
    app.get("/", async () => "");
    app.get("/down", async () => {
      await delay(1);
      throw new HestiaError("database_unavailable");
    });
    app.get("/left", async () => {
      throw new HestiaError("tenant_busy", {}, { message: "leave it" });
    });
    app.post("/form", async () => "");
    const get = (url: string, host = at("schema-1")) => app.inject({ url, headers: host });
    expect((await get("/down")).body).toBe("database_unavailable schema-1");
    expect((await get("/", at("nobody-here"))).body).toBe("tenant_not_found none");
    expect((await get("/left")).json()).toMatchObject({ status: 429, code: "tenant_busy" });
    const large = { method: "POST" as const, url: "/form", payload: { text: "x".repeat(2 ** 21) } };
    expect((await app.inject({ ...large, headers: at("schema-1") })).body).toBe(
      "Request body is too large schema-1",
    );
  });
});

type Handle = (error: Error, request: FastifyRequest, reply: FastifyReply) => unknown;

const ambient = () => findCurrentTenant()?.slug ?? "none";

describe("the ambient tenant", () => {
  test("is the request's in every hook, in the handler, in what they start and in nothing else", async () => {
    const app = makeApp();
    const seen: string[] = [];
    const started: Promise<unknown>[] = [];
    const see = (where: string) => seen.push(`${where} ${ambient()}`);
    app.register(tenantPlugin, { hestia: world.hestia });
    for (const hook of ["onRequest", "preParsing", "preValidation", "preHandler"] as const) {
      app.addHook(hook, async () => void see(hook));
    }
    app.addHook("preSerialization", async (_request, _reply, payload) => {
      see("preSerialization");
      return payload;
    });
    app.addHook("onSend", async () => void see("onSend"));
    app.addHook("onResponse", async () => void see("onResponse"));
    app.post("/", async ({ tenant }) => {
      see("handler");
      started.push(delay(5).then(() => see("later")));
      await tenant.query(whoseText);
      see("handler");
      return { text: "x".repeat(20_000_000) };
    });
    const answer = await sendSlowly(await listen(app), 300_000);
    expect(answer).toMatch(/ 200 /);
    await Promise.all(started);
    await expect.poll(() => seen.length).toBe(10);
    expect(seen.filter((line) => !line.endsWith(" database-1"))).toEqual([]);
    expect(ambient()).toBe("none");
  });

  test("is there when Fastify goes on from a timer or a socket that closed", async () => {
    const app = makeApp({ handlerTimeout: 20 });
    const seen: string[] = [];
    const see = (where: string) => seen.push(`${where} ${ambient()}`);
    app.register(tenantPlugin, { hestia: world.hestia });
    app.addHook("onError", async () => void see("onError"));
    app.setErrorHandler<Error>((error) => {
      see("handler");
      throw error;
    });
    app.addHook("onRequestAbort", async (_request) => void see("onRequestAbort"));
    app.get("/", () => delay(1_000));
    app.get("/aborted", { handlerTimeout: 5_000 }, () => delay(1_000));
    expect((await app.inject({ url: "/", headers: at("database-1") })).statusCode).toBe(503);
    const socket = connectSocket(await listen(app), "127.0.0.1");
    socket.write("GET /aborted HTTP/1.1\r\nHost: database-1.localhost\r\n\r\n");
    await delay(50);
    socket.destroy();
    await expect.poll(() => seen.length).toBe(3);
    expect(seen).toEqual(["onError database-1", "handler database-1", "onRequestAbort database-1"]);
  });

  test("does not outlive its request on a connection that goes on, nor in a packet of many requests", async () => {
    const app = tenantApp();
    app.get("/none", { config: { tenant: false } }, async () => {
      const before = ambient();
      await delay(1);
      return { before, after: ambient() };
    });
    const ends: string[] = [];
    app.addHook("onResponse", async () => void ends.push(ambient()));
    const port = await listen(app);
    const slugs = ["shared-1", "none", "schema-1", "none", "database-1", "none"];
    const requests = slugs.map((slug, index) => {
      const line = slug === "none" ? "GET /none" : "GET /";
      const last = index === slugs.length - 1 ? "Connection: close\r\n" : "";
      return `${line} HTTP/1.1\r\nHost: ${slug === "none" ? "shared-1" : slug}.localhost\r\n${last}\r\n`;
    });
    const together = await send(port, requests.join(""));
    const bodies = [...together.matchAll(/\{[^{}]*\}/g)].map(([text]) => JSON.parse(text));
    const nothing = { before: "none", after: "none" };
    expect(bodies).toEqual(slugs.map((slug) => (slug === "none" ? nothing : isTenant(slug))));
    await expect.poll(() => ends).toEqual(slugs);
  });

  test("is never another's while hundreds of requests interleave on few connections", async () => {
    const app = makeApp();
    app.register(tenantPlugin, { hestia: world.hestia });
    app.all("/", async (request) => {
      const seen = new Set([ambient()]);
      for (let step = 0; step < 4; step++) {
        await (step % 2 ? delay(Math.random() * 3) : request.tenant.query(whoseText));
        seen.add(ambient());
      }
      if (Math.random() < 0.2) throw new Error("an error among them");
      return { tenant: request.tenant.slug, seen: [...seen] };
    });
    const wrong: string[] = [];
    app.addHook("onResponse", async (request) => {
      const expected = request.findTenant()?.slug ?? "none";
      if (ambient() !== expected) wrong.push(`${ambient()} instead of ${expected}`);
    });
    const port = await listen(app);
    const slugs = ["shared-1", "schema-1", "database-1"];
    await Promise.all(
      Array.from({ length: 20 }, async (_, lane) => {
        for (let round = 0; round < 25; round++) {
          const slug = slugs[(lane + round) % slugs.length] ?? "";
          const post = round % 3 === 0;
          const reply = await fetch(`http://127.0.0.1:${port}/`, {
            method: post ? "POST" : "GET",
            headers: { "x-tenant-slug": slug, "content-type": "application/json" },
            ...(post ? { body: JSON.stringify({ lane }) } : {}),
          });
          const body = (await reply.json()) as { tenant?: string; seen?: string[] };
          if (reply.status === 200) expect(body).toEqual({ tenant: slug, seen: [slug] });
        }
      }),
    );
    expect(wrong).toEqual([]);
    expect(ambient()).toBe("none");
  });
});

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return (app.server.address() as { port: number }).port;
}

/** Writes the text as it is and returns all that comes back until the server closes. */
async function send(port: number, text: string): Promise<string> {
  const socket = connectSocket(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

/** Posts a chunked body for database-1 in pieces, each after the other was read, and takes its time to read the answer. */
async function sendSlowly(port: number, bytes: number): Promise<string> {
  const socket = connectSocket(port, "127.0.0.1");
  // The server may have answered and hung up before it was told all.
  socket.on("error", () => {});
  let answer = "";
  const write = async (text: string) => {
    socket.write(text);
    await delay(30);
  };
  const head = ["POST / HTTP/1.1", "Host: database-1.localhost", "Content-Type: application/json"];
  await write(`${head.join("\r\n")}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`);
  for (const text of ['"', "x".repeat(bytes), '"']) {
    await write(`${text.length.toString(16)}\r\n${text}\r\n`);
  }
  socket.write("0\r\n\r\n");
  await delay(100);
  socket.on("data", (chunk) => {
    answer += answer.length < 10_000 ? chunk : "";
  });
  if (!socket.closed) await once(socket, "close");
  return answer;
}
