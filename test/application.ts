// An application's platform for the tests of examples: migrated, with tenants made directly, past the control plane.
import { type IsolationModel, makeId, type TenantId, type TenantStatus } from "@hestia/core";
import {
  bootstrapPlatform,
  type MigrationFile,
  type Platform,
  readMigrations,
  withClient,
  withDatabase,
} from "@hestia/postgres/platform";
import type { Clone } from "./templates.ts";

type NewTenant = {
  readonly slug: string;
  readonly name: string;
  readonly isolation: IsolationModel;
};

export type Application = {
  /** Makes an active tenant with empty tables. */
  add(tenant: NewTenant): Promise<void>;
  /** Sets a status in the platform and in the tenant's database. */
  setStatus(
    slug: string,
    status: TenantStatus & ("active" | "readonly" | "suspended"),
  ): Promise<void>;
  close(): Promise<void>;
};

/** Prepares the clone for the application whose migrations are in the folder. */
export async function openApplication(clone: Clone, folder: string): Promise<Application> {
  const platform = await bootstrap(clone);
  const files = await readMigrations(folder);
  await platform.cluster.migrateShared(files);
  const { databaseUrl } = clone;
  const tenants = new Map<string, { id: TenantId; isolation: IsolationModel }>();
  return {
    async add(tenant) {
      const id = makeId<TenantId>(Date.now());
      tenants.set(tenant.slug, { id, isolation: tenant.isolation });
      await addTenant({ platform, databaseUrl, files }, id, tenant);
    },
    async setStatus(slug, status) {
      const tenant = tenants.get(slug);
      if (!tenant) throw new Error(`no tenant ${slug}`);
      await platform.cluster.setState(tenant, status);
      await withClient(databaseUrl, (client) =>
        client.query("update platform.tenants set status = $2 where id = $1", [tenant.id, status]),
      );
    },
    close: () => platform.cluster.close(),
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
  { slug, name, isolation }: NewTenant,
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
