// Completeness: every route of the contract is exercised here, refuses who may not ask, and treats the id of a thing that
// does not exist like any other. A route without an example, or an example without a route, fails.
import { request } from "node:http";
import { listRoutes, type NamedRoute, routeErrors, type TenantView } from "@hestia/api";
import { makeId, type OperationId, type TenantId } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cancelCheck } from "./checks.ts";
import { createTenant, migrations, startWorld, testKey, type World } from "./world.ts";

type Example = {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
};

let world: World;

/** One good request for each route, made when it is needed. */
const examples: Readonly<Record<string, () => Promise<Example>>> = {
  "tenants.create": async () => ({
    body: { slug: `example-${++made}`, name: "Example" },
    status: 202,
  }),
  "tenants.list": async () => ({ query: "?limit=1&status=active,suspended", status: 200 }),
  "tenants.get": async () => ({ path: { tenantId: world.acme.id }, status: 200 }),
  "tenants.update": async () => ({
    path: { tenantId: world.acme.id },
    body: { name: "Acme Airways" },
    headers: { "if-match": "*" },
    status: 200,
  }),
  "tenants.delete": async () => ({ path: { tenantId: (await fresh("deleted")).id }, status: 202 }),
  "tenants.activate": async () => ({
    path: { tenantId: await waiting() },
    body: { reason: "known", override: true },
    status: 200,
  }),
  "verifications.list": async () => ({ path: { tenantId: await waiting() }, status: 200 }),
  "verifications.verify": async () => ({
    path: { tenantId: await waiting(), requirement: "approval" },
    body: { reason: "known" },
    status: 200,
  }),
  "verifications.confirm": async () => ({ body: { token: await token() }, status: 200 }),
  "tenants.suspend": async () => ({
    path: { tenantId: (await fresh("held")).id },
    body: { reason: "unpaid" },
    status: 200,
  }),
  "tenants.resume": async () => ({
    path: { tenantId: await after("resumed", "suspend", { reason: "unpaid" }) },
    body: {},
    status: 200,
  }),
  "tenants.restore": async () => ({
    path: { tenantId: await after("restored", "delete", {}) },
    body: {},
    status: 200,
  }),
  "tenants.purge": async () => ({
    path: { tenantId: await after("purged", "delete", {}) },
    body: { reason: "asked for" },
    status: 202,
  }),
  "data.get": async () => ({ path: { tenantId: world.acme.id }, status: 200 }),
  "erasure.checks": async () => ({ path: { tenantId: world.acme.id }, status: 200 }),
  "erasure.certificate": async () => ({ path: { tenantId: await purged() }, status: 200 }),
  "erasure.certificatePage": async () => ({ path: { tenantId: await purged() }, status: 200 }),
  "holds.list": async () => ({ path: { tenantId: world.acme.id }, status: 200 }),
  "holds.place": async () => ({
    path: { tenantId: (await fresh("kept")).id },
    body: { reason: "case 7" },
    status: 201,
  }),
  "holds.lift": async () => {
    const { id: tenantId } = await fresh("lifted");
    const { id: holdId } = await world.client.holds.place({ tenantId, reason: "case 8" });
    return { path: { tenantId, holdId }, status: 200 };
  },
  "plans.list": async () => ({ query: "?limit=1", status: 200 }),
  "plans.create": async () => ({ body: { id: `plan-${++made}`, name: "A plan" }, status: 201 }),
  "plans.get": async () => ({ path: { planId: await plan() }, status: 200 }),
  "plans.update": async () => ({
    path: { planId: await plan() },
    body: { name: "Another" },
    headers: { "if-match": "*" },
    status: 200,
  }),
  "plans.delete": async () => ({ path: { planId: await plan() }, status: 200 }),
  "operations.list": async () => ({
    query: "?status=succeeded&kind=tenant.provision",
    status: 200,
  }),
  "operations.get": async () => ({ path: { operationId: world.acme.operationId }, status: 200 }),
  "operations.events": async () => ({ path: { operationId: world.acme.operationId }, status: 200 }),
  // What is finished cannot be cancelled, what succeeded cannot be retried: that is these routes' answer here.
  "operations.cancel": async () => ({ path: { operationId: world.acme.operationId }, status: 409 }),
  "operations.retry": async () => ({ path: { operationId: world.acme.operationId }, status: 409 }),
  "audit.list": async () => ({
    query: `?tenantId=${world.acme.id}&type=tenant.created`,
    status: 200,
  }),
  "audit.listForTenant": async () => ({ path: { tenantId: world.acme.id }, status: 200 }),
  "migrations.get": async () => ({ status: 200 }),
  "migrations.run": async () => ({
    path: { operationId: (await world.client.migrations.up({}, { waitSeconds: 20 })).id },
    status: 200,
  }),
  "migrations.store": async () => ({ body: { files: migrations }, status: 200 }),
  "migrations.up": async () => ({ headers: { prefer: "wait=20" }, status: 200 }),
  // No run holds, so there is none to continue: that is this route's answer here.
  "migrations.continue": async () => ({ status: 409 }),
  "migrations.retry": async () => ({
    body: { tenants: ["acme"] },
    headers: { prefer: "wait=20" },
    status: 200,
  }),
  "migrations.drift": async () => ({ headers: { prefer: "wait=20" }, status: 200 }),
  "fleet.get": async () => ({ status: 200 }),
  "clusters.list": async () => ({ status: 200 }),
  "webhooks.create": async () => ({
    body: {
      name: `Hook ${++made}`,
      url: "https://example.com/hooks",
      eventTypes: ["tenant.created"],
    },
    status: 201,
  }),
  "webhooks.list": async () => ({ query: "?limit=1&status=active", status: 200 }),
  "webhooks.get": async () => ({ path: { webhookId: await webhook() }, status: 200 }),
  "webhooks.update": async () => ({
    path: { webhookId: await webhook() },
    body: { tenantIds: [world.acme.id] },
    headers: { "if-match": "*" },
    status: 200,
  }),
  "webhooks.delete": async () => ({ path: { webhookId: await webhook() }, status: 200 }),
  "webhooks.rotateSecret": async () => ({
    path: { webhookId: await webhook() },
    body: { overlapHours: 1 },
    status: 200,
  }),
  // A port on which nothing listens: that is the outcome, and the answer tells it.
  "webhooks.test": async () => ({ path: { webhookId: await webhook() }, status: 200 }),
  "webhooks.deliveries": async () => ({
    path: { webhookId: await webhook() },
    query: `?status=pending,failed&type=tenant.created&tenantId=${world.acme.id}`,
    status: 200,
  }),
  "webhooks.getDelivery": async () => ({ path: await delivery(), status: 200 }),
  "webhooks.replayDelivery": async () => ({ path: await delivery(), status: 200 }),
  "webhooks.replay": async () => ({
    path: { webhookId: await webhook() },
    body: { from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" },
    status: 200,
  }),
  "tenant.get": async () => ({ headers: { "x-tenant-id": world.acme.id }, status: 200 }),
  "changes.follow": async () => ({ status: 200 }),
  "session.start": async () => ({
    body: { key: testKey },
    headers: { origin: world.url },
    status: 200,
  }),
  "session.get": async () => ({ status: 200 }),
  "session.list": async () => ({ status: 200 }),
  "session.end": async () => ({ status: 200 }),
  "session.endAll": async () => ({ status: 200 }),
  "operatorKeys.list": async () => ({ query: "?limit=1", status: 200 }),
  "operatorKeys.create": async () => ({ body: { name: "Ada's laptop" }, status: 201 }),
  "operatorKeys.revoke": async () => ({
    path: { operatorKeyId: (await world.client.operatorKeys.create({ name: "Lost" })).id },
    status: 200,
  }),
  "isolationChecks.list": async () => ({ query: "?limit=1&status=proven,running", status: 200 }),
  "isolationChecks.get": async () => ({ path: await isolationCheck(), status: 200 }),
  "isolationChecks.start": async () => {
    await cancelCheck(world.client);
    return { body: { models: ["shared"] }, status: 202 };
  },
  "service.about": async () => ({ status: 200 }),
  "service.health": async () => ({ status: 200 }),
  "service.readiness": async () => ({ status: 200 }),
  "service.setup": async () => ({ status: 200 }),
  "service.openapi": async () => ({ status: 200 }),
  "service.reference": async () => ({ status: 200 }),
};

let made = 0;
const fresh = (slug: string) => createTenant(world.client, { slug: `${slug}-${++made}` });

let gone: Promise<TenantId> | undefined;
/** One tenant that is purged, for whoever reads what is left of it. */
const purged = () => {
  gone ??= (async () => {
    const tenantId = await after("gone", "delete", {});
    await world.client.tenants.purge({ tenantId, reason: "asked for" }, { waitSeconds: 30 });
    return tenantId;
  })();
  return gone;
};

// Port 1 of a range that the world's server may send to, so that a try fails at once.
const webhook = async () => {
  const url = "http://127.0.0.1:1/hooks";
  return (
    await world.client.webhooks.create({
      name: `Hook ${++made}`,
      url,
      eventTypes: ["webhook.test"],
    })
  ).id;
};

async function waiting(adminEmail?: string) {
  const plan = adminEmail === undefined ? "approved" : "mailed";
  const requires = [adminEmail === undefined ? ("approval" as const) : ("email" as const)];
  await world.client.plans.create({ id: plan, name: plan, requires }).catch(() => {});
  return (await createTenant(world.client, { slug: `waits-${++made}`, plan, adminEmail })).id;
}

async function token() {
  const tenantId = await waiting("ada@example.net");
  const asked = { tenantId, requirement: "email", reveal: true } as const;
  return (await world.client.verifications.verify(asked)).token;
}

const plan = async () =>
  (await world.client.plans.create({ id: `plan-${++made}`, name: "A plan" })).id;

async function delivery() {
  const webhookId = await webhook();
  const { id: deliveryId } = await world.client.webhooks.test({ webhookId });
  return { webhookId, deliveryId };
}

let checked: Promise<{ isolationCheckId: string }> | undefined;
/** One check that is over: they run one at a time. */
const isolationCheck = () => {
  checked ??= (async () => {
    await world.client.isolationChecks.start({ models: ["shared"] });
    await cancelCheck(world.client);
    const [check] = (await world.client.isolationChecks.list()).items;
    return { isolationCheckId: check?.id ?? "" };
  })();
  return checked;
};

async function after(slug: string, move: "suspend" | "delete", input: { reason?: string }) {
  const { id: tenantId } = await fresh(slug);
  if (move === "suspend")
    await world.client.tenants.suspend({ tenantId, reason: "unpaid", ...input });
  else await world.client.tenants.delete({ tenantId, ...input });
  return tenantId;
}

async function send(
  { route }: NamedRoute,
  example: Partial<Example>,
  key: string | undefined = testKey,
  method: string = route.method,
) {
  const path = route.path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => example.path?.[name] ?? world.acme.id,
  );
  return fetch(`${world.url}${path}${example.query ?? ""}`, {
    method,
    headers: {
      ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
      ...(example.body === undefined ? {} : { "content-type": "application/json" }),
      "x-request-id": "the-same",
      ...example.headers,
    },
    ...(example.body === undefined ? {} : { body: JSON.stringify(example.body) }),
  });
}

/** What an endless answer begins with. */
async function firstOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return new TextDecoder().decode(value);
}

beforeAll(async () => {
  world = await startWorld("shared", { webhookAllow: ["127.0.0.0/8"] });
});
afterAll(() => world.end());

test("every route has an example, and every example a route", () => {
  expect(Object.keys(examples).sort()).toEqual(
    listRoutes()
      .map((route) => route.id)
      .sort(),
  );
});

describe.each(listRoutes())("$id", (named) => {
  const { route } = named;

  test("answers its example as the contract says", async () => {
    const example = await examples[named.id]?.();
    expect.assert(example !== undefined, "it has an example");
    const response = await send(named, example);
    // One stream has an end, the other begins at once.
    const text = named.id === "changes.follow" ? await firstOf(response) : await response.text();
    expect([response.status, response.status === example.status ? "" : text]).toEqual([
      example.status,
      "",
    ]);
    expect(response.headers.get("x-request-id")).toBe("the-same");
    if (example.status < 300) expect(route.responses).toHaveProperty(String(response.status));
    else expect(routeErrors(route)).toContain(JSON.parse(text).code);
    if (example.status === 202) expect(response.headers.get("location")).toMatch(/^\/v1\/\w+\//);
    if (named.id === "isolationChecks.start") await cancelCheck(world.client);
    if (route.etag === true)
      expect(response.headers.get("etag")).toBe(`"${(JSON.parse(text) as TenantView).version}"`);
  });

  test("tells which methods its path takes, to anyone", async () => {
    const response = await send(named, {}, "", "OPTIONS");
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(response.headers.get("allow")?.split(", ")).toEqual(
      expect.arrayContaining([route.method, "OPTIONS"]),
    );
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  if (route.method === "GET")
    test("answers HEAD as GET, without a body, and a stream not at all", async () => {
      const example = await examples[named.id]?.();
      const head = await send(named, example ?? {}, testKey, "HEAD");
      expect(await head.text()).toBe("");
      if (route.events !== undefined) return expect(head.status).toBe(405);
      const got = await send(named, example ?? {});
      expect(head.status).toBe(got.status);
      for (const name of ["content-type", "etag", "cache-control"])
        expect([name, head.headers.get(name)]).toEqual([name, got.headers.get(name)]);
    });

  if (route.scope === "platform")
    test("refuses who has no key before it reads anything", async () => {
      const response = await send(
        named,
        route.body === undefined ? {} : { body: { what: "ever" } },
        "",
      );
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: "unauthenticated" });
    });

  if (route.params !== undefined)
    test("treats an id that never was, of another kind or in capitals, as not found, to the byte", async () => {
      const example = await examples[named.id]?.();
      const name = Object.keys(route.params?.properties ?? {})[0] ?? "";
      const absent = isName(route)
        ? ["nothing", "no-such", "x_9"]
        : [makeId<TenantId>(new Date()), makeId<OperationId>(0), world.zenith.id.toUpperCase()];
      // The last is a real id where a tenant is asked for: there a swapped digit makes it absent.
      const ids = absent.map((id) => (id === world.zenith.id.toUpperCase() ? swapped(id) : id));
      const bodies = await Promise.all(
        ids.map(async (id) => {
          const path = { ...example?.path, [name]: id };
          const response = await send(named, { ...example, path });
          expect(response.status).toBe(404);
          return response.text();
        }),
      );
      expect(new Set(bodies).size).toBe(1);
      expect(JSON.parse(bodies[0] ?? "")).toMatchObject({
        code: `${name.replace("Id", "").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_not_found`,
      });
    });

  if (route.params !== undefined)
    test("tells a thing that is no id from an absent one as a fault of the input", async () => {
      const name = Object.keys(route.params?.properties ?? {})[0] ?? "";
      const response = await send(named, {
        ...(await examples[named.id]?.()),
        path: { requirement: "approval", [name]: isName(route) ? "9!" : "acme" },
      });
      expect([
        response.status,
        ((await response.json()) as { errors: unknown[] }).errors,
      ]).toMatchObject([422, [{ pointer: `/${name}` }]]);
    });
});

/** Whether the thing is named by what people call it, and not by a UUID. */
const isName = ({ params }: NamedRoute["route"]) => params?.properties.planId !== undefined;

const swapped = (id: string) => id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");

describe("what no route is for", () => {
  test("an unknown path, an unknown method and an odd URL are problems", async () => {
    const get = async (path: string, init?: RequestInit) => {
      const response = await fetch(world.url + path, init);
      return [
        response.status,
        ((await response.json()) as { code: string }).code,
        response.headers.get("allow"),
      ];
    };
    expect(await get("/v1/nothing")).toEqual([404, "route_not_found", null]);
    expect(await get("/v1/tenants/%zz")).toEqual([404, "route_not_found", null]);
    expect(await get("/v1/tenants", { method: "PUT" })).toEqual([
      405,
      "method_not_allowed",
      "POST, GET, HEAD",
    ]);
  });

  test("a body that is no JSON, too large or of another type is refused", async () => {
    const post = async (body: string, type = "application/json") => {
      const response = await fetch(`${world.url}/v1/tenants`, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${testKey}`, "content-type": type },
      });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await post("{")).toEqual([400, "invalid_json"]);
    expect(await post("[]")).toEqual([422, "invalid_input"]);
    expect(await post("")).toEqual([422, "invalid_input"]);
    expect(await post("{}", "text/plain")).toEqual([415, "unsupported_media_type"]);
    expect(await post(JSON.stringify({ name: "x".repeat(300_000) }))).toEqual([
      413,
      "body_too_large",
    ]);
    expect(await post('{"__proto__": {"slug": "x"}, "constructor": 1}')).toEqual([
      422,
      "invalid_input",
    ]);
  });

  test("the reference needs nothing from elsewhere", async () => {
    const page = await fetch(`${world.url}/docs`);
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    for (const [, path = ""] of html.matchAll(/src="([^"]+)"/g)) {
      const script = await fetch(world.url + path);
      expect([path, script.status, script.headers.get("content-type")]).toEqual([
        path,
        200,
        "text/javascript; charset=utf-8",
      ]);
    }
  });
});

/** As fetch, which does not let a request name a host of its own. */
function get(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, async (response) => {
      const body = (await response.toArray()).join("");
      resolve({ status: response.statusCode ?? 0, body });
    });
    sent.on("error", reject).end();
  });
}

describe("a tenant's own host", () => {
  test("says who it is, by host and by header, and refuses two that differ", async () => {
    const who = async (headers: Record<string, string>) => {
      const { status, body } = await get(`${world.url}/v1/tenant`, headers);
      return [status, JSON.parse(body) as Record<string, unknown>] as const;
    };
    const { port } = new URL(world.url);
    expect(await who({ host: `zenith.localhost:${port}` })).toMatchObject([
      200,
      { slug: "zenith", id: world.zenith.id },
    ]);
    expect(await who({ "x-tenant-slug": "acme" })).toMatchObject([200, { slug: "acme" }]);
    expect((await who({ "x-tenant-slug": "acme" }))[1]).not.toHaveProperty("placement");
    expect(await who({})).toMatchObject([400, { code: "tenant_unidentified" }]);
    expect(await who({ host: `zenith.localhost:${port}`, "x-tenant-slug": "acme" })).toMatchObject([
      400,
      { code: "tenant_sources_disagree" },
    ]);
    const beside = (host: string) => who({ host, "x-tenant-slug": "acme" });
    expect(await beside("hestia.example.net")).toMatchObject([200, { slug: "acme" }]);
    expect(await beside("evil.net")).toMatchObject([400, { code: "tenant_sources_disagree" }]);
    expect(await who({ "x-tenant-slug": "nobody-here" })).toMatchObject([
      404,
      { code: "tenant_not_found" },
    ]);
  });
});
