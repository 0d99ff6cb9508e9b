// What every framework's part promises, on real servers: the tenant on the request and in the context, what routes need,
// refusals as problems, and nothing of one request in another.
import { once } from "node:events";
import { connect } from "node:net";
import { makeId, type TenantId } from "@hestia/core";
import { findCurrentTenant } from "@hestia/postgres";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { tenantMiddleware as expressTenants } from "../src/express.ts";
import { tenantHandler } from "../src/fetch.ts";
import { tenantMiddleware, tenantOf } from "../src/hono.ts";
import { type Framework, frameworks, heard, piecesMax, type Running, request } from "./servers.ts";
import { makeWorld, type World } from "./world.ts";

const names = Object.keys(frameworks) as Framework[];
const running = new Map<Framework, Running>();
const admitted: string[] = [];
let broken = false;
let world: World;

beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"));
  const onTenant = ({ slug }: { slug: string }) => {
    if (broken) throw new Error("mine");
    admitted.push(`${slug} ${findCurrentTenant()?.slug}`);
  };
  for (const name of names) {
    running.set(name, await frameworks[name]({ hestia: world.hestia, onTenant }));
  }
});

afterAll(async () => {
  await Promise.all([...running.values()].map((each) => each.close()));
  await world.close();
});

const at = (slug: string) => ({ "x-tenant-slug": slug });
const isTenant = (slug: string) => ({ tenant: slug, ambient: slug });

describe.each(names)("with %s", (name) => {
  const port = () => running.get(name)?.port ?? 0;
  const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port()}${path}`, { ...init, headers });

  test("a request is served as its tenant, in every isolation model", async () => {
    for (const { slug } of world.tenants) {
      admitted.length = 0;
      const reply = await ask("/", at(slug));
      expect(await reply.json()).toEqual({ ...isTenant(slug), row: slug });
      expect(admitted).toEqual([`${slug} ${slug}`]);
    }
  });

  test("what the application's own hook throws is its own error, and no request hangs", async () => {
    broken = true;
    expect((await ask("/", at("shared-1"))).status).toBe(500);
    broken = false;
    expect((await ask("/", at("shared-1"))).status).toBe(200);
  });

  test("a refusal is a problem", async () => {
    const refusals: [Record<string, string>, number, string][] = [
      [{}, 400, "tenant_unidentified"],
      [{ ...at("shared-1"), "x-tenant-id": makeId<TenantId>(0) }, 400, "tenant_sources_disagree"],
      [at("nobody-here"), 404, "tenant_not_found"],
    ];
    for (const [headers, status, code] of refusals) {
      const reply = await ask("/", headers);
      expect(reply.status).toBe(status);
      expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json/);
      expect(await reply.json()).toMatchObject({
        status,
        code,
        detail: expect.stringMatching(/\.$/),
      });
      const head = await ask("/", headers, { method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([status, ""]);
    }
  });

  test("a tenant's status decides", async () => {
    const tenant = world.tenants.find(({ slug }) => slug === "schema-2");
    if (tenant === undefined) throw new Error("no tenant");
    const answer = async (method: string) => {
      const reply = await ask("/", at(tenant.slug), { method });
      const { code } = (await reply.json()) as { code?: string };
      return [reply.status, code, reply.headers.get("retry-after")];
    };
    const expected = [
      ["provisioning", [409, "tenant_not_ready", "2"], [409, "tenant_not_ready", "2"]],
      ["suspended", [403, "tenant_suspended", null], [403, "tenant_suspended", null]],
      ["deleting", [410, "tenant_ended", null], [410, "tenant_ended", null]],
      ["readonly", [200, undefined, null], [403, "tenant_readonly", null]],
      ["active", [200, undefined, null], [200, undefined, null]],
    ] as const;
    for (const [status, reading, writing] of expected) {
      await world.setStatus(tenant, status);
      const both = async () => [await answer("GET"), await answer("POST")];
      await expect.poll(both, { timeout: 10_000 }).toEqual([reading, writing]);
    }
  });

  test("a route says what it needs", async () => {
    const nobody = { tenant: "none", ambient: "none" };
    expect(await (await ask("/healthz", at("nobody-here"))).json()).toEqual(nobody);
    expect(await (await ask("/healthz", at("shared-1"))).json()).toEqual(nobody);
    expect(await (await ask("/maybe")).json()).toEqual(nobody);
    expect(await (await ask("/maybe", at("shared-1"))).json()).toEqual(isTenant("shared-1"));
    expect((await ask("/maybe", at("nobody-here"))).status).toBe(404);
  });

  test("code that needs a tenant fails where there is none", async () => {
    expect((await ask("/careless", at("shared-1"))).status).toBe(500);
  });

  test("an error of Hestia's in a handler is a problem, and every other one is the application's", async () => {
    const down = await ask("/down", at("shared-1"));
    expect([down.status, down.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await down.json()).toMatchObject({ code: "database_unavailable", status: 503 });
    const own = await ask("/own", at("shared-1"));
    expect([own.status, await own.json()]).toMatchObject([418, { message: "mine" }]);
  });

  test("the context holds where a body is read late and in pieces", async () => {
    const text = JSON.stringify({ text: "x".repeat(400_000) });
    const answer = await sendSlowly(port(), "/body", "application/json", text);
    expect(answer).toContain(JSON.stringify({ ...isTenant("database-1"), length: text.length }));
  });

  test("the context holds while an answer is streamed to a slow reader", async () => {
    const reply = await ask("/stream", at("database-1"));
    let text = "";
    for await (const chunk of reply.body ?? []) {
      text += Buffer.from(chunk).toString();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const expected = Array(piecesMax).fill("database-1 database-1");
    expect(text.trim().split(/\s*\n\s*/)).toEqual(expected);
  });

  test.skipIf(!["fastify", "express"].includes(name))(
    "the context holds for listeners of the request and of the response",
    async () => {
      const answer = await sendSlowly(port(), "/events", "text/plain", "x".repeat(200_000));
      expect(answer).toContain(JSON.stringify(isTenant("database-1")));
      await expect.poll(() => heard.get(name)?.length, { timeout: 10_000 }).toBe(4);
      const events = ["data", "end", "finish", "close"];
      expect(heard.get(name)).toEqual(events.map((event) => `${event} database-1`));
    },
  );

  test("a connection that goes on carries nothing over", async () => {
    const lines = ["schema-1", "none", "shared-1", "none"].map((slug, index) => {
      const target = slug === "none" ? "/healthz" : "/";
      const close = index === 3 ? "Connection: close\r\n" : "";
      return `GET ${target} HTTP/1.1\r\nHost: ${slug === "none" ? "" : `${slug}.`}localhost\r\n${close}\r\n`;
    });
    const socket = connect(port(), "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.write(lines.join(""));
    await once(socket, "close");
    const bodies = [...answer.matchAll(/\{[^{}]*"ambient"[^{}]*\}/g)].map(([text]) =>
      JSON.parse(text),
    );
    expect(bodies.map(({ ambient }) => ambient)).toEqual(["schema-1", "none", "shared-1", "none"]);
  });

  test("a tenant is never another's while many requests interleave", async () => {
    const slugs = ["shared-1", "schema-1", "database-1", "shared-2"];
    const lanes = Array.from({ length: 16 }, async (_, lane) => {
      for (let round = 0; round < 12; round++) {
        const slug = slugs[(lane + round) % slugs.length] ?? "";
        const reply = await ask("/", at(slug), { method: round % 3 === 0 ? "POST" : "GET" });
        expect(await reply.json()).toEqual({ ...isTenant(slug), row: slug });
      }
    });
    await Promise.all(lanes);
    expect(findCurrentTenant()).toBeUndefined();
  });
});

describe("in a framework's own idiom", () => {
  test("Hono's onError sees refusals and errors, in the tenant's context", async () => {
    const tenants = tenantMiddleware({ hestia: world.hestia });
    const app = new Hono()
      .get("/", tenants(), () => {
        throw new Error("mine");
      })
      .onError((error, c) => c.text(`${error.message} ${findCurrentTenant()?.slug}`, 500));
    expect(await (await app.request("/", { headers: at("shared-1") })).text()).toBe(
      "mine shared-1",
    );
    expect(await (await app.request("/")).text()).toMatch(
      /^The request names no tenant.* undefined$/,
    );
  });

  test("Hono's tenantOf says what is missing", async () => {
    const app = new Hono()
      .get("/", (c) => c.text(tenantOf(c).slug))
      .onError((error, c) => c.text((error as { code?: string }).code ?? ""));
    expect(await (await app.request("/")).text()).toBe("context_missing");
  });

  test("a route within a group may do without, and one within an optional group may need", async () => {
    const tenants = tenantMiddleware({ hestia: world.hestia });
    const app = new Hono()
      .use(tenants("optional"))
      .get("/none", tenants(false), (c) =>
        c.json([c.get("tenant") ?? null, findCurrentTenant() ?? null]),
      )
      .get("/needs", tenants(), (c) => c.text(c.var.tenant.slug));
    expect(await (await app.request("/none", { headers: at("shared-1") })).json()).toEqual([
      null,
      null,
    ]);
    expect((await app.request("/needs")).status).toBe(400);
    expect(await (await app.request("/needs", { headers: at("shared-1") })).text()).toBe(
      "shared-1",
    );
  });

  test("a fetch-style handler gets what its framework passes, and may word refusals itself", async () => {
    const withTenant = tenantHandler({
      hestia: world.hestia,
      onProblem: ({ code }) => new Response(code, { status: 499 }),
    });
    const handler = withTenant(
      async (_request: Request, tenant, { params }: { params: Promise<{ id: string }> }) =>
        new Response(`${tenant.slug} ${(await params).id}`, { headers: { "set-cookie": "a=b" } }),
    );
    const context = { params: Promise.resolve({ id: "7" }) };
    const answer = await handler(new Request("http://shared-1.localhost/orders/7"), context);
    expect([await answer.text(), answer.headers.get("set-cookie")]).toEqual(["shared-1 7", "a=b"]);
    const refused = await handler(new Request("http://nobody-here.localhost/"), context);
    expect([refused.status, await refused.text()]).toEqual([499, "tenant_not_found"]);
  });

  test("a list of proxies needs a way to know who is speaking, and a count is none", () => {
    const { hestia } = world;
    expect(() => tenantHandler({ hestia, trustProxy: "10.0.0.0/8" })).toThrow("addressOf");
    expect(() => tenantMiddleware({ hestia, trustProxy: ["here"] })).toThrow(
      "not a list of addresses",
    );
    expect(() => tenantMiddleware({ hestia, trustProxy: 1 as never })).toThrow("count");
    expect(() => expressTenants({ hestia, baseDomain: "a b" })).toThrow("not a host name");
  });

  test("a count of proxies does not have Express or Fastify believe a forwarded host", async () => {
    for (const name of ["express", "fastify"] as const) {
      const app = await frameworks[name]({ hestia: world.hestia, trustProxy: 1 as never });
      const fields = ["Host: shared-1.localhost", "X-Forwarded-Host: shared-2.localhost"];
      const { body } = await request(app.port, "GET /", ...fields);
      expect(body).toContain('"tenant":"shared-1"');
      await app.close();
    }
  });
});

/** Posts for database-1 in pieces, each after the event loop has gone round, so that the server reads piece by piece. */
async function sendSlowly(port: number, path: string, type: string, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  const fields = [
    "Host: database-1.localhost",
    `Content-Type: ${type}`,
    `Content-Length: ${text.length}`,
    "Connection: close",
  ];
  socket.write(`POST ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`);
  for (let at = 0; at < text.length; at += 50_000) {
    await new Promise<void>((resolve) => {
      socket.write(text.slice(at, at + 50_000), () => setImmediate(resolve));
    });
  }
  if (!socket.closed) await once(socket, "close");
  return answer;
}
