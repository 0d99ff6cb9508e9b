// A platform with two tenants of each isolation model on the tests' PostgreSQL, in databases of its own. Each tenant has
// one table with one row that tells whose it is, so that a leak always has something to leak.
import {
  type IsolationModel,
  isolationModels,
  makeId,
  type TenantId,
  type TenantStatus,
} from "@hestia/core";
import { connect, type Hestia } from "@hestia/postgres";
import {
  bootstrapPlatform,
  type MigrationFile,
  migrationFile,
  type Platform,
  withClient,
  withDatabase,
} from "@hestia/postgres/platform";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";

/** A tenant of the world: its slug is its model and its number, such as `schema-2`. */
type WorldTenant = { readonly id: TenantId; readonly slug: string };

/** What the tests work on. */
export type World = {
  readonly hestia: Hestia;
  readonly tenants: readonly WorldTenant[];
  /** What a program of its own is given. */
  readonly environment: { readonly DATABASE_URL: string; readonly HESTIA_SECRET_KEY: string };
  /** Sets a tenant's status for the platform; its database still lets it in. */
  setStatus(tenant: WorldTenant, status: TenantStatus): Promise<void>;
  /** Suspends a tenant in its database alone, as a process with a stale directory meets it. */
  suspendInDatabase(slug: string): Promise<void>;
  close(): Promise<void>;
};

const whose = migrationFile("tenant", "0000_whose.sql", "create table whose (slug text not null);");

/** Makes the world, with further tables for each tenant; `close` takes it away. */
export async function makeWorld(
  postgresUrl: string,
  more: readonly MigrationFile[] = [],
): Promise<World> {
  const clone = await cloneTemplate(postgresUrl);
  const { databaseUrl, directoryUrl, secretKey } = clone;
  const platform = await bootstrap(clone);
  const made: (WorldTenant & { isolation: IsolationModel })[] = [];
  for (const isolation of isolationModels) {
    for (const number of [1, 2]) {
      const tenant = {
        id: makeId<TenantId>(Date.now()),
        slug: `${isolation}-${number}`,
        isolation,
      };
      await addTenant(platform, databaseUrl, tenant, [whose, ...more]);
      made.push(tenant);
    }
  }
  const hestia = await connect({ databaseUrl: directoryUrl, secretKey });
  for (const { slug } of made) {
    await (await hestia.tenant(slug)).query("insert into whose values ($1)", [slug]);
  }
  return {
    hestia,
    tenants: made,
    environment: { DATABASE_URL: directoryUrl, HESTIA_SECRET_KEY: secretKey },
    setStatus: (tenant, status) =>
      withClient(databaseUrl, async (client) => {
        await client.query("update platform.tenants set status = $2 where id = $1", [
          tenant.id,
          status,
        ]);
      }),
    async suspendInDatabase(slug) {
      const tenant = made.find((each) => each.slug === slug);
      if (tenant) await platform.cluster.setState(tenant, "suspended");
    },
    async close() {
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

async function addTenant(
  { cluster, clusterId }: Platform,
  databaseUrl: string,
  tenant: WorldTenant & { isolation: IsolationModel },
  files: readonly MigrationFile[],
): Promise<void> {
  const { database, schema, credentials } = await cluster.makePartition(tenant);
  await cluster.migratePartition(tenant, files);
  await cluster.setState(tenant, "active");
  const values = [
    tenant.id,
    tenant.slug,
    tenant.isolation,
    clusterId,
    database,
    schema,
    credentials,
  ];
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name, credentials,
         plan_id, domain, domain_verified_at, created_at, updated_at)
       values ($1, $2, $2, 'active', $3, $4, $5, $6, $7, 'standard', $2 || '.tenants.dev', now(), now(), now())`,
      values,
    ),
  );
}
