// What goes wrong around a server: databases that are late, lost or wrong, states that differ, requests cut off.
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@hestia/api";
import { startEmbedded } from "@hestia/postgres/embedded";
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { cloneTemplate } from "../../../test/templates.ts";
import { parseConfig, startServer } from "../src/index.ts";
import { ask, createTenant, type Place, startPlace, testConfig, testKey, until } from "./world.ts";

const log = pino({ level: "silent" });

describe("a server", () => {
  let place: Place;
  beforeAll(async () => {
    place = await startPlace();
  });
  afterAll(() => place.end());

  test("repairs a scope state that differs from the platform's, at its start", async () => {
    const { client, clone } = place;
    const { id: tenantId } = await createTenant(client, { slug: "drifted" });
    const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
    await ask(data, "update hestia.tenants set state = 'suspended' where tenant_id = $1", [
      tenantId,
    ]);
    await place.startAnother();
    await until("it is repaired", async () => {
      const [row] = await ask<{ state: string }>(
        data,
        "select state from hestia.tenants where tenant_id = $1",
        [tenantId],
      );
      return row?.state === "active";
    });
  });

  test.each(["shared", "database"] as const)(
    "moves a %s tenant whose data database cannot be reached, answers 202, and has it in force later",
    async (isolation) => {
      const { client, clone } = place;
      const made = await createTenant(client, { slug: `unreachable-${isolation}`, isolation });
      const { id: tenantId, placement } = made;
      const database = placement.database ?? clone.dataDatabase;
      const { suspend, resume, restore } = client.tenants;
      const allow = await cutOff(clone.databaseUrl, database);
      const location = `/v1/tenants/${tenantId}`;
      expect(await suspend.withResponse({ tenantId, reason: "unpaid" })).toMatchObject({
        status: 202,
        location,
        etag: '"3"',
        body: { status: "suspended", statusReason: "unpaid" },
      });
      expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "suspended" });
      expect((await client.tenants.delete.withResponse({ tenantId })).status).toBe(202);
      expect(await restore.withResponse({ tenantId })).toMatchObject({
        status: 202,
        location,
        body: { status: "suspended" },
      });
      expect(await resume.withResponse({ tenantId })).toMatchObject({
        status: 202,
        location,
        body: { status: "active" },
      });
      await suspend({ tenantId, reason: "half paid", mode: "readonly" });
      // A tenant's own database is the tenant's trouble; the data database is everyone's.
      const ready = await fetch(`${place.url}/readyz`);
      expect(await ready.json()).toMatchObject({
        status: isolation === "shared" ? "not_ready" : "ready",
        checks: [
          { name: "platform database", ok: true },
          { name: "cluster default", ok: isolation !== "shared" },
          { name: "workers", ok: true },
        ],
      });
      await allow();
      const data = withDatabase(clone.databaseUrl, database);
      await until("it is in force", async () => {
        const [row] = await ask<{ state: string }>(
          data,
          "select state from hestia.tenants where tenant_id = $1",
          [tenantId],
        );
        return row?.state === "readonly";
      });
      expect((await resume.withResponse({ tenantId })).status).toBe(200);
    },
  );

  test("brings a suspension to its database however many others are dead, also of other clusters", async () => {
    const { client, clone } = place;
    const made = await createTenant(client, { slug: "behind-many", isolation: "database" });
    // Half of a cluster that no server here knows, half in databases that are gone; all of them before the one.
    await ask(
      clone.databaseUrl,
      `insert into platform.clusters (id, name, host, port, data_database, role_prefix, credentials, isolation)
       select gen_random_uuid(), 'gone', host, port, 'gone', role_prefix, credentials, isolation from platform.clusters`,
    );
    await ask(
      clone.databaseUrl,
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, plan_id, created_at, updated_at)
       select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'dead-' || n, 'Dead', 'active',
         case when n % 4 = 1 then 'shared' else 'database' end, c.id, 'gone', 'standard', now(), now()
       from generate_series(1, 300) n
       join platform.clusters c on c.name = case when n % 2 = 0 then 'default' else 'gone' end`,
    );
    const database = made.placement.database ?? "";
    const allow = await cutOff(clone.databaseUrl, database);
    await client.tenants.suspend({ tenantId: made.id, reason: "unpaid" });
    await allow();
    await until("it is in force", async () => {
      const data = withDatabase(clone.databaseUrl, database);
      return (await ask(data, "select from hestia.tenants where state = 'suspended'")).length > 0;
    });
    await ask(clone.databaseUrl, "delete from platform.tenants where slug like 'dead-%'");
    await ask(clone.databaseUrl, "delete from platform.clusters where name = 'gone'");
  });

  test("does not wait for a data database that takes the statement and says nothing", async () => {
    const { client, clone } = place;
    const { id: tenantId } = await createTenant(client, { slug: "hanging" });
    const data = new pg.Client(withDatabase(clone.databaseUrl, clone.dataDatabase));
    await data.connect();
    await data.query("begin; lock table hestia.tenants in access exclusive mode");
    const { status, body } = await client.tenants.suspend.withResponse({
      tenantId,
      reason: "unpaid",
    });
    expect([status, body.status]).toEqual([202, "suspended"]);
    await data.query("rollback");
    await until("it is in force", async () => {
      const { rows } = await data.query(
        "select from hestia.tenants where tenant_id = $1 and state = 'suspended'",
        [tenantId],
      );
      return rows.length > 0;
    });
    await data.end();
  });

  test("answers a request that was cut off after its commit with what that made", async () => {
    const { client, clone } = place;
    const input = { slug: "cut-off", name: "Cut off" };
    const options = { idempotencyKey: "cut-off", waitSeconds: 20 };
    const made = await client.tenants.create(input, options);
    // As a crash leaves it: the tenant is made, the answer is not kept, and its server's lease is gone.
    await ask(
      clone.databaseUrl,
      "update platform.idempotency_keys set status = null, headers = null, body = null, holder = 'gone' where key = $1",
      ["cut-off"],
    );
    expect(await client.tenants.create(input, options)).toEqual(made);
  });

  test("two that start at once on one platform both serve", async () => {
    const both = await Promise.all([1, 2].map(() => startServer({ config: place.config, log })));
    await Promise.all(both.map((server) => server.ready));
    for (const { url } of both) expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await Promise.all(both.map((server) => server.stop()));
  });
});

/** Ends every connection to a database and lets none in, until the returned function is called. */
async function cutOff(adminUrl: string, database: string): Promise<() => Promise<void>> {
  const admin = withDatabase(adminUrl, "postgres");
  await ask(admin, `alter database ${database} allow_connections false`);
  await ask(admin, "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
    database,
  ]);
  return async () => void (await ask(admin, `alter database ${database} allow_connections true`));
}

describe("a database", () => {
  test("that is not there yet is waited for, and one that is lost comes back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hestia-faults-"));
    const settings = { fsync: "off" };
    let postgres = await startEmbedded({ dataDir: folder, settings });
    const { url: adminUrl, port } = postgres;
    await ask(adminUrl, "create database late");
    await postgres.stop();
    const config = testConfig({
      databaseUrl: withDatabase(adminUrl, "late"),
      secretKey: "x".repeat(40),
    });
    const server = await startServer({ config, log });
    const client = createClient({ baseUrl: server.url, key: testKey });
    try {
      const ready = await fetch(`${server.url}/readyz`);
      expect([ready.status, (await fetch(`${server.url}/healthz`)).status]).toEqual([503, 200]);
      expect(ready.headers.get("retry-after")).toBe("2");
      expect(await ready.json()).toEqual({
        status: "not_ready",
        checks: [{ name: "platform database", ok: false, message: expect.stringMatching(/\.$/) }],
      });
      await expect(client.tenants.list()).rejects.toMatchObject({ code: "database_unavailable" });
      postgres = await startEmbedded({ dataDir: folder, settings, port });
      await server.ready;
      await createTenant(client, { slug: "before" });
      await postgres.stop();
      const lost = await fetch(`${server.url}/v1/tenants`, {
        headers: { authorization: `Bearer ${testKey}` },
      });
      expect([lost.status, lost.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await (await fetch(`${server.url}/readyz`)).json()).toMatchObject({
        status: "not_ready",
      });
      postgres = await startEmbedded({ dataDir: folder, settings, port });
      await until(
        "it is ready again",
        async () => (await fetch(`${server.url}/readyz`)).status === 200,
      );
      await createTenant(client, { slug: "after", isolation: "schema" });
      expect((await client.tenants.list()).items).toHaveLength(2);
    } finally {
      await server.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  test.each([
    ["postgres://nobody:wrong@HOST/postgres", /refused the password|does not let/],
    ["postgres://USER@HOST/not-there", /no database not-there/],
    ["mysql://127.0.0.1/x", /not a PostgreSQL address/],
  ])("that is wrong (%s) is told in one sentence, once", async (pattern, sentence) => {
    const given = new URL(inject("postgresUrl"));
    const databaseUrl = pattern
      .replace("HOST", given.host)
      .replace("USER", `${given.username}:${given.password}`);
    const server = await startServer({
      config: testConfig({ databaseUrl, secretKey: "x".repeat(40) }),
      log,
    });
    await expect(server.ready).rejects.toMatchObject({
      code: "database_unsuitable",
      message: expect.stringMatching(sentence),
    });
    await server.stop();
  });
});

describe("the first operator key", () => {
  test("is made once, kept hashed, and written for its owner alone", async () => {
    const clone = await cloneTemplate(inject("postgresUrl"));
    const dataFolder = await mkdtemp(join(tmpdir(), "hestia-key-"));
    const config = { ...testConfig(clone), operatorKey: undefined, dataFolder };
    const first = await startServer({ config, log });
    const { firstRun, operatorKey = "" } = await first.ready;
    expect([firstRun, operatorKey.length >= 32]).toEqual([true, true]);
    expect((await readFile(join(dataFolder, "operator-key"), "utf8")).trim()).toBe(operatorKey);
    expect((await stat(join(dataFolder, "operator-key"))).mode & 0o777).toBe(0o600);
    await createClient({ baseUrl: first.url, key: operatorKey }).tenants.list();
    await first.stop();
    const dump = await ask<{ row: string }>(
      clone.databaseUrl,
      "select k::text as row from platform.operator_keys k",
    );
    expect(JSON.stringify(dump)).not.toContain(operatorKey);
    const second = await startServer({ config, log });
    expect(await second.ready).not.toHaveProperty("operatorKey");
    expect((await second.ready).firstRun).toBe(false);
    await second.stop();
    await clone.drop();
    await rm(dataFolder, { recursive: true });
  });
});

describe("a configuration", () => {
  test("reports every fault at once", () => {
    const env = {
      HESTIA_PORT: "http",
      HESTIA_TENANT_URL: "javascript:alert('{slug}')",
      HESTIA_HOSTS: "hestia.example.net, https://evil.net",
      HESTIA_OPERATOR_KEY: "short",
      HESTIA_LOG_LEVEL: "loud",
      HESTIA_SETTINGS_SCHEMA: "/none",
      HESTIA_WEBHOOK_ALLOW: "127.0.0.1, http://inside",
      HESTIA_DNS_SERVERS: "192.0.2.53, dns.example.com",
      HESTIA_EVENT_SOURCE: "here",
    };
    try {
      parseConfig(env);
      expect.unreachable();
    } catch (error) {
      expect(
        (error as { faults: { pointer: string }[] }).faults.map((fault) => fault.pointer),
      ).toEqual([
        "DATABASE_URL",
        "HESTIA_SECRET_KEY",
        "HESTIA_PORT",
        "HESTIA_OPERATOR_KEY",
        "HESTIA_TENANT_URL",
        "HESTIA_HOSTS",
        "HESTIA_WEBHOOK_ALLOW",
        "HESTIA_DNS_SERVERS",
        "HESTIA_EVENT_SOURCE",
        "HESTIA_SETTINGS_SCHEMA",
        "HESTIA_LOG_LEVEL",
      ]);
    }
  });

  test("has a schema for settings that creation and update are held to", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hestia-schema-"));
    const path = join(folder, "settings.json");
    await writeFile(
      path,
      JSON.stringify({
        type: "object",
        properties: { seats: { type: "integer" } },
        required: ["seats"],
      }),
    );
    const env = {
      DATABASE_URL: "postgres://x",
      HESTIA_SECRET_KEY: "x".repeat(32),
      HESTIA_SETTINGS_SCHEMA: path,
    };
    const { settingsSchema } = parseConfig(env);
    const place = await startPlace({ settingsSchema });
    const { client } = place;
    expect(await client.service.setup()).toEqual({
      baseDomain: "localhost",
      tenantUrl: "http://{slug}.localhost/",
      settingsSchema,
    });
    await expect(
      client.tenants.create({ slug: "seatless", name: "S", settings: {} }),
    ).rejects.toMatchObject({
      faults: [{ pointer: "/settings/seats", code: "required" }],
    });
    const { id: tenantId } = await createTenant(client, { slug: "seated", settings: { seats: 3 } });
    await expect(
      client.tenants.update({ tenantId, settings: { seats: null } }, { ifMatch: "*" }),
    ).rejects.toMatchObject({
      faults: [{ pointer: "/settings/seats", code: "required" }],
    });
    await place.end();
    await rm(folder, { recursive: true });
  });
});
