// The measured world: an embedded PostgreSQL, a platform on it, tenants with rows, and the same rows without isolation.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IsolationModel, makeId, type TenantId } from "@hestia/core";
import { connect, type Hestia, type Tenant } from "@hestia/postgres";
import { withClient, withDatabase } from "@hestia/postgres/cluster";
import { type EmbeddedServer, removeEmbedded, startEmbedded } from "@hestia/postgres/embedded";
import {
  bootstrapPlatform,
  type MigrationFile,
  type Platform,
  readMigrations,
} from "@hestia/postgres/platform";
import pg from "pg";

export const secretKey = "a key that only this bench knows, made up for it";

/** What a bench works on. */
export type World = {
  readonly platform: Platform;
  readonly hestia: Hestia;
  readonly files: readonly MigrationFile[];
  /** The superuser's URL of the data database. */
  readonly dataUrl: string;
  readonly databaseUrl: string;
  readonly logFile: string;
  /** The postmaster, as it was started first. */
  readonly serverPid: number;
  /** Makes tenants in one model, active and empty, and returns them. */
  addTenants(
    isolation: IsolationModel,
    count: number,
    slugs?: readonly string[],
  ): Promise<Tenant[]>;
  /** Stops the server and starts it again on its port. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** How a world differs from the usual one. */
export type WorldOptions = {
  readonly connectionsMax?: number;
  /** PostgreSQL settings beside the benches' own. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** What is compared is the work, not this machine's disk; both sides have the same settings. */
const benchSettings = {
  synchronous_commit: "off",
  shared_buffers: "512MB",
  max_connections: "300",
  autovacuum: "off",
};

/** Starts it all in a temporary folder; `close` removes it. */
export async function makeWorld(folder: string, options: WorldOptions = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "hestia-bench-"));
  const settings = { ...benchSettings, ...options.settings };
  let server: EmbeddedServer = await startEmbedded({ dataDir, settings });
  await withClient(server.url, (client) => client.query("create database hestia"));
  const databaseUrl = withDatabase(server.url, "hestia");
  const platform = await bootstrapPlatform({ databaseUrl, secretKey });
  const files = await readMigrations(folder);
  await platform.cluster.migrateShared(files);
  const hestia = await connect({
    databaseUrl: platform.directoryUrl,
    secretKey,
    connectionsMax: options.connectionsMax ?? 16,
  });
  const world = {
    platform,
    hestia,
    files,
    databaseUrl,
    dataUrl: withDatabase(server.url, "hestia_data"),
    logFile: server.logFile,
    serverPid: server.pid,
  };
  return {
    ...world,
    addTenants: (isolation, count, slugs) => addTenants(world, isolation, count, slugs),
    async restart() {
      await server.stop();
      server = await startEmbedded({ dataDir, settings, port: server.port });
    },
    async close() {
      await hestia.close();
      await platform.cluster.close();
      await removeEmbedded(dataDir);
    },
  };
}

type Made = Pick<World, "platform" | "hestia" | "files" | "databaseUrl">;

async function addTenants(
  world: Made,
  isolation: IsolationModel,
  count: number,
  slugs: readonly string[] = [],
): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  await withClient(world.databaseUrl, async (client) => {
    for (let index = 0; index < count; index += 1) {
      const id = makeId(new Date()) as TenantId;
      await provision(world, client, {
        id,
        isolation,
        slug: slugs[index] ?? `b${id.replaceAll("-", "")}`,
      });
      const entry = await world.hestia.find({ id });
      if (!entry) throw new Error(`tenant ${id} is not in the directory`);
      tenants.push(world.hestia.tenantOf(entry));
    }
  });
  return tenants;
}

/** The steps of provisioning, without the queue around them. */
async function provision(
  { platform, files }: Pick<World, "platform" | "files">,
  client: pg.ClientBase,
  tenant: { id: TenantId; isolation: IsolationModel; slug: string },
): Promise<void> {
  const place = await platform.cluster.makePartition(tenant);
  await platform.cluster.migratePartition(tenant, files);
  await platform.cluster.setState(tenant, "active");
  await client.query(
    `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name,
       credentials, plan_id, created_at, updated_at)
     values ($1, $2, $2, 'active', $3, $4, $5, $6, $7, 'standard', now(), now())`,
    [
      tenant.id,
      tenant.slug,
      tenant.isolation,
      platform.clusterId,
      place.database ?? null,
      place.schema ?? null,
      place.credentials ?? null,
    ],
  );
}

/** Registers shared tenants in bulk, active and empty: such a tenant is a row in either database. Returns their ids. */
export async function addSharedTenants(world: World, count: number): Promise<TenantId[]> {
  // One in the usual way, which is when the tables are made.
  const [first] = await world.addTenants("shared", 1);
  if (!first) throw new Error("no tenant was made");
  const ids = [first.id, ...Array.from({ length: count - 1 }, (): TenantId => makeId(new Date()))];
  await withClient(world.dataUrl, (client) =>
    client.query(
      `insert into hestia.tenants (tenant_id, place, state)
       select t, 'app', 'active' from unnest($1::uuid[]) t on conflict do nothing`,
      [ids],
    ),
  );
  await withClient(world.databaseUrl, (client) =>
    client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, plan_id, created_at, updated_at)
       select t, 'b' || replace(t::text, '-', ''), 'b', 'active', 'shared', $2, 'standard', now(), now()
       from unnest($1::uuid[]) t on conflict do nothing`,
      [ids, world.platform.clusterId],
    ),
  );
  return ids;
}

/** A login without isolation for the schema raw, as an application without Hestia would have; returns its URL. */
export async function rawRole(world: Pick<World, "dataUrl">): Promise<string> {
  await withClient(world.dataUrl, async (client) => {
    await client.query("create role raw login password 'raw'");
    await client.query("grant connect on database hestia_data to raw");
    await client.query("grant usage on schema raw, shared to raw");
    await client.query("grant all on all tables in schema raw to raw");
    await client.query("grant select on all tables in schema shared to raw");
    await client.query("grant execute on function pg_catalog.set_config to raw");
  });
  const url = new URL(world.dataUrl);
  url.username = "raw";
  url.password = "raw";
  return url.href;
}

/** A pool with as many connections as the library has, all open; names without a schema are found in the given one. */
export async function openRawPool(
  connectionString: string,
  connections: number,
  schema?: string,
): Promise<pg.Pool> {
  const options = schema === undefined ? {} : { options: `-c search_path=${schema}` };
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    idleTimeoutMillis: 0,
    ...options,
  });
  // A bench that fails takes its server down first: what failed is to be heard, not this.
  pool.on("error", () => {});
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  for (const client of clients) client.release();
  return pool;
}
