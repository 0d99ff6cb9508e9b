// The register with two airlines in each isolation model and all their records, on a platform of the test file's own.
import { isolationModels, makeId, type TenantId, type TenantStatus } from "@hestia/core";
import { connect, type Hestia } from "@hestia/postgres";
import {
  bootstrapPlatform,
  type MigrationFile,
  type Platform,
  readMigrations,
  withClient,
  withDatabase,
} from "@hestia/postgres/platform";
import type { FastifyInstance } from "fastify";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { buildApp } from "./app.ts";
import { type Airline, airlines } from "./data/airlines.ts";
import { loadAirlines } from "./data/load.ts";

/** What the tests work on. */
export type World = {
  readonly hestia: Hestia;
  readonly app: FastifyInstance;
  /** Two in each model, each with its records. */
  readonly airlines: readonly Airline[];
  /** Makes one more tenant, with nothing in its register. */
  add(airline: Airline): Promise<void>;
  /** Sets a status in the platform and in the tenant's database. */
  setStatus(
    slug: string,
    status: TenantStatus & ("active" | "readonly" | "suspended"),
  ): Promise<void>;
  close(): Promise<void>;
};

const folder = new URL("../migrations/", import.meta.url).pathname;

/** Makes the world; `close` takes it away. */
export async function makeWorld(postgresUrl: string): Promise<World> {
  const clone = await cloneTemplate(postgresUrl);
  const { databaseUrl, directoryUrl, secretKey } = clone;
  const platform = await bootstrap(clone);
  const files = await readMigrations(folder);
  await platform.cluster.migrateShared(files);
  const chosen = isolationModels.flatMap((model) =>
    airlines.filter(({ isolation }) => isolation === model).slice(0, 2),
  );
  const ids = new Map<string, TenantId>();
  const add = async (airline: Airline) => {
    const id = makeId<TenantId>(Date.now());
    ids.set(airline.slug, id);
    await addTenant({ platform, databaseUrl, files }, id, airline);
  };
  for (const airline of chosen) await add(airline);
  const hestia = await connect({ databaseUrl: directoryUrl, secretKey });
  const loadables = chosen.map(async (airline) => ({
    airline,
    tenant: await hestia.tenant(airline.slug),
  }));
  await loadAirlines(await Promise.all(loadables));
  const links = chosen.map(({ slug, name, isolation }) => ({
    name,
    isolation,
    url: `http://${slug}.localhost/`,
  }));
  const app = buildApp({
    hestia,
    baseDomain: "localhost",
    links: () => links,
    logLevel: "silent",
  });
  return {
    hestia,
    app,
    airlines: chosen,
    add,
    async setStatus(slug, status) {
      const id = ids.get(slug) as TenantId;
      const isolation = (await hestia.find({ slug }))?.isolation ?? "shared";
      await platform.cluster.setState({ id, isolation }, status);
      await withClient(databaseUrl, (client) =>
        client.query("update platform.tenants set status = $2 where id = $1", [id, status]),
      );
    },
    async close() {
      await app.close();
      await hestia.close();
      await platform.cluster.close();
      await clone.drop();
    },
  };
}

/** Clones share the server's roles, which two bootstraps must not change at once. */
function bootstrap({ databaseUrl, secretKey }: Clone): Promise<Platform> {
  return withClient(withDatabase(databaseUrl, "postgres"), async (lock) => {
    await lock.query("select pg_advisory_lock(4378)");
    return bootstrapPlatform({ databaseUrl, secretKey });
  });
}

type Made = {
  readonly platform: Platform;
  readonly databaseUrl: string;
  readonly files: readonly MigrationFile[];
};

async function addTenant(
  { platform: { cluster, clusterId }, databaseUrl, files }: Made,
  id: TenantId,
  { slug, name, isolation }: Airline,
): Promise<void> {
  const { database, schema, credentials } = await cluster.makePartition({ id, isolation });
  await cluster.migratePartition({ id, isolation }, files);
  await cluster.setState({ id, isolation }, "active");
  const values = [id, slug, name, isolation, clusterId, database, schema, credentials];
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name, credentials,
         plan_id, created_at, updated_at)
       values ($1, $2, $3, 'active', $4, $5, $6, $7, $8, 'standard', now(), now())`,
      values,
    ),
  );
}
