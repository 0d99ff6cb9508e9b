// The fixture of the server's tests: a listening server on a platform of its own, entered through the typed client, with
// two tenants that have one of everything, so that a leak always has something to leak.
import { type Client, type CreatedTenantView, createClient } from "@hestia/api";
import type { IsolationModel } from "@hestia/core";
import { withClient } from "@hestia/postgres/platform";
import pino from "pino";
import { inject } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type Config, type Server, type ServerOptions, startServer } from "../src/index.ts";

/** The operator's key of every test server. */
export const testKey = "an-operator-key-for-tests-0123456789";

/** A server and how to reach it. */
export type TestServer = { readonly server: Server; readonly url: string; readonly client: Client };

/** A platform with a server on it. */
export type Place = TestServer & {
  readonly clone: Clone;
  readonly config: Config;
  /** Starts another server on the same platform. */
  startAnother(change?: Partial<Config>, given?: Given): Promise<TestServer>;
  end(): Promise<void>;
};

/** What else a test server is given: its clock, its resolver, operations of its own, who follows its events. */
type Given = Partial<ServerOptions>;

/** Starts a server on a platform of its own: a clone, unless another is given. */
export async function startPlace(
  change: Partial<Config> = {},
  given: Given = {},
  platform?: Clone,
): Promise<Place> {
  const clone = platform ?? (await cloneTemplate(inject("postgresUrl")));
  const config = { ...testConfig(clone), ...change };
  const servers: Server[] = [];
  const startAnother = async (more: Partial<Config> = {}, others: Given = {}) => {
    const started = await start({ ...config, ...more }, { ...given, ...others });
    servers.push(started.server);
    return started;
  };
  const end = async () => {
    for (const server of servers) await server.stop();
    await clone.drop();
  };
  return { ...(await startAnother()), clone, config, startAnother, end };
}

/** The configuration of a test server on a platform. */
export function testConfig(clone: Pick<Clone, "databaseUrl" | "secretKey">): Config {
  return {
    databaseUrl: clone.databaseUrl,
    secretKey: clone.secretKey,
    host: "127.0.0.1",
    port: 0,
    operatorKey: testKey,
    baseDomain: "localhost",
    hosts: ["hestia.example.net"],
    webhookAllow: [],
    dnsServers: [],
    logLevel: "silent",
    logFormat: "json",
    trustProxy: false,
    migrationSessions: 2,
    migrationLockMs: 200,
    migrationStatementMs: 0,
  };
}

async function start(config: Config, given: Given): Promise<TestServer> {
  const log = pino({ level: process.env.HESTIA_TEST_LOG ?? "silent" });
  const server = await startServer({ config, log, ...given });
  await server.ready;
  return { server, url: server.url, client: createClient({ baseUrl: server.url, key: testKey }) };
}

/** Two tenants on a place, with one of everything. */
export type World = Place & {
  readonly acme: CreatedTenantView;
  readonly zenith: CreatedTenantView;
};

/** Starts a server whose platform holds two tenants of the model, and the migrations that made them. */
export async function startWorld(
  isolation: IsolationModel = "shared",
  change: Partial<Config> = {},
): Promise<World> {
  const place = await startPlace(change);
  await place.client.migrations.store({ files: migrations });
  const [acme, zenith] = await Promise.all([
    createTenant(place.client, { slug: "acme", isolation, domain: "app.acme.test" }),
    createTenant(place.client, { slug: "zenith", isolation, settings: { secret: "zenith's" } }),
  ]);
  return { ...place, acme, zenith };
}

/** Creates a tenant and waits until it is active. */
export function createTenant(
  client: Client,
  input: Partial<Parameters<Client["tenants"]["create"]>[0]> & { slug: string },
): Promise<CreatedTenantView> {
  return client.tenants.create(
    { name: `The ${input.slug}`, ...input },
    { waitSeconds: 30 },
  ) as Promise<CreatedTenantView>;
}

/** The migrations of the fixture's application. */
export const migrations: { set: "shared" | "tenant"; name: string; sql: string }[] = [
  {
    set: "shared",
    name: "0001_airports.sql",
    sql: "create table airports (code text primary key, name text not null); select hestia.share('airports');",
  },
  {
    set: "tenant",
    name: "0001_notes.sql",
    sql: "create table notes (id uuid primary key, text text not null); select hestia.isolate('notes');",
  },
];

/** Waits for a condition, at most so long. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs one statement in a database as the administrator. */
export async function ask<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  return withClient(url, async (client) => (await client.query(sql, values)).rows as Row[]);
}
