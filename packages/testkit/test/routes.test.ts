// Routes of small applications, sound and leaking, in the forms that frameworks have: what leaks is found, and where
// nothing does, a broken identification is noticed.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Tenant } from "@hestia/postgres";
import { expect, inject, test, vi } from "vitest";
import { type CheckOptions, checkIsolation, type ScratchApplication } from "../src/index.ts";
import { findRoutes, routesOf } from "../src/routes/route.ts";
import { orders } from "./applications.fixture.ts";

const databaseUrl = inject("postgresUrl");

// Each makes a copy, attacks it and weakens it, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

const openapi = {
  openapi: "3.1.0",
  paths: {
    "/orders": {
      get: {},
      post: {
        requestBody: { content: { "application/json": { schema: { $ref: "#/schemas/Order" } } } },
      },
    },
    "/orders/{orderId}": { get: {}, delete: {} },
  },
  schemas: {
    Order: {
      type: "object",
      properties: { customerId: { type: "integer" }, note: { type: "string" } },
    },
  },
};

type Asked = { method: string; url: URL; headers: Headers; body: string };

/** Which tenant a request is for; `undefined` where it names none. */
type Identify = (scratch: ScratchApplication, asked: Asked) => Promise<Tenant | undefined>;

const byHost: Identify = async ({ hestia }, { headers }) => {
  const entry = await hestia.find({ slug: (headers.get("host") ?? "").split(".")[0] ?? "" });
  return entry && hestia.tenantOf(entry);
};

/** The hole: a header that anyone may send goes before the host. */
const byHeaderFirst: Identify = async (scratch, asked) => {
  const id = asked.headers.get("x-tenant-id");
  const entry = id === null ? undefined : await scratch.hestia.find({ id });
  return entry ? scratch.hestia.tenantOf(entry) : byHost(scratch, asked);
};

async function answer(tenant: Tenant, { method, url, body }: Asked): Promise<[number, unknown]> {
  const id = /^\/orders\/(\d+)$/.exec(url.pathname)?.[1];
  if (id !== undefined) {
    const text =
      method === "DELETE"
        ? "delete from orders where id = $1 returning id"
        : "select * from orders where id = $1";
    const { rows } = await tenant.query(text, [id]);
    return rows.length > 0 ? [200, rows[0]] : [404, { error: "there is no such order" }];
  }
  if (url.pathname !== "/orders") return [404, { error: "there is nothing here" }];
  if (method === "GET") return [200, (await tenant.query("select * from orders")).rows];
  const { note } = JSON.parse(body) as { note: string };
  const text = "insert into orders (id, note) values (floor(random() * 1e9), $1) returning id";
  return [201, (await tenant.query(text, [note])).rows[0]];
}

const respond = async (scratch: ScratchApplication, identify: Identify, asked: Asked) => {
  const tenant = await identify(scratch, asked);
  const [status, value] = tenant
    ? await answer(tenant, asked)
    : ([404, { error: "there is no such tenant" }] as const);
  return Response.json(value, { status });
};

/** As Hono and fetch-style frameworks have it. */
const fetchStyle = (identify: Identify) => (scratch: ScratchApplication) => ({
  fetch: async (request: Request) =>
    respond(scratch, identify, {
      method: request.method,
      url: new URL(request.url),
      headers: request.headers,
      body: await request.text(),
    }),
});

/** As Express and node's own http have it. */
const listenerStyle =
  (identify: Identify) =>
  (scratch: ScratchApplication) =>
  async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const part of request) body += part;
    const { method = "GET", url = "/" } = request;
    const headers = new Headers(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const made = await respond(scratch, identify, {
      ...{ method, headers, body },
      url: new URL(url, "http://localhost"),
    });
    response.writeHead(made.status, { "content-type": "application/json" });
    response.end(await made.text());
  };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const checkApp = (options: Partial<CheckOptions>) =>
  checkIsolation({ databaseUrl, migrations: orders, models: ["shared"], openapi, ...options });

test.each([
  ["fetch", fetchStyle(byHost)],
  ["a listener", listenerStyle(byHost)],
])(
  "an application by %s that asks the host alone holds, and what breaks it is noticed",
  async (_, app) => {
    const report = await checkApp({ app });
    expect(report.findings).toEqual([]);
    expect(report.objects.routes).toBe(4);
    const ofRoutes = report.mutations.filter(({ name }) => name.includes("(routes,"));
    expect(ofRoutes).toEqual([
      {
        name: "drop the middleware that finds out whose a request is (routes, shared)",
        caught: true,
      },
      { name: "disable row security below the routes (routes, shared)", caught: true },
    ]);
  },
);

test("a route that believes a header is found", async () => {
  const report = await checkApp({ app: fetchStyle(byHeaderFirst), mutate: false });
  expect(report.findings).toContainEqual(
    expect.objectContaining({
      ...{ kind: "leak", model: "routes", name: "name another tenant in x-tenant-id" },
      object: "GET /orders (shared)",
    }),
  );
});

test("routes that answer otherwise for what is another's than for what never was are found", async () => {
  const app = (scratch: ScratchApplication) => ({
    fetch: async (request: Request) => {
      const [, id] = /orders\/(\d+)$/.exec(new URL(request.url).pathname) ?? [];
      const tenant = await scratch.hestia.tenant("shared-victim");
      const exists = id && (await tenant.query("select from orders where id = $1", [id])).rowCount;
      const headers = request.headers;
      if (exists && !headers.get("host")?.startsWith("shared-victim"))
        return Response.json({ error: "not yours" }, { status: 403 });
      return fetchStyle(byHost)(scratch).fetch(request);
    },
  });
  const report = await checkApp({ app, mutate: false });
  expect(report.findings).toContainEqual(
    expect.objectContaining({
      ...{ name: "ask for what is another tenant's", object: "GET /orders/{orderId} (shared)" },
      detail: expect.stringContaining("403"),
    }),
  );
});

test("an application that shows a tenant nothing proves nothing, and that is said", async () => {
  const app = () => ({ fetch: async () => Response.json({ error: "sign in" }, { status: 401 }) });
  const report = await checkApp({ app, mutate: false });
  expect(report.findings).toEqual([
    expect.objectContaining({ kind: "unproven", name: "see one's own rows in any route" }),
  ]);
});

test("an application as a process of its own is started on the copy, attacked and ended", async () => {
  const program = fileURLToPath(new URL("./listening.fixture.ts", import.meta.url));
  const port = await freePort();
  const report = await checkApp({
    start: {
      command: `"${process.execPath}" "${program}"`,
      baseUrl: `http://127.0.0.1:${port}`,
      environment: { PATH: process.env.PATH },
    },
  });
  expect(report.findings).toEqual([]);
  expect(report.mutations.filter(({ name }) => name.includes("(routes,"))).toHaveLength(2);
  await expect(fetch(`http://127.0.0.1:${port}/orders`)).rejects.toThrow();
});

test("routes are read from a document, with references taken in", () => {
  expect(routesOf(openapi)).toEqual([
    expect.objectContaining({ method: "GET", path: "/orders" }),
    expect.objectContaining({
      method: "POST",
      body: expect.objectContaining({
        properties: expect.objectContaining({ customerId: { type: "integer" } }),
      }),
    }),
    expect.objectContaining({ method: "GET", path: "/orders/{orderId}" }),
    expect.objectContaining({ method: "DELETE", path: "/orders/{orderId}" }),
  ]);
});

test("routes are read from what Hono and Express keep of them", () => {
  const hono = {
    routes: [
      { method: "GET", path: "/a/:id{[0-9]+}" },
      { method: "ALL", path: "*" },
    ],
  };
  const express = {
    router: {
      stack: [
        { route: { path: "/b/:id", methods: { get: true, post: true } } },
        { name: "middleware" },
      ],
    },
  };
  const named = (app: unknown) => findRoutes(app)?.map(({ method, path }) => `${method} ${path}`);
  expect(named(hono)).toEqual(["GET /a/{id}"]);
  expect(named(express)).toEqual(["GET /b/{id}", "POST /b/{id}"]);
});
