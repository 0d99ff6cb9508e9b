// A scratch copy of an application: an installation of its own on the same server, with its own databases and roles, the
// application's migrations applied, and two tenants in each isolation model. The real databases and roles are only read.
// Invariant: whoever makes one removes it, and the next run removes what a killed one left.

import { createHash, randomBytes } from "node:crypto";
import { type IsolationModel, makeId, type TenantId } from "@hestia/core";
import { connect, type Hestia, type Tenant } from "@hestia/postgres";
import { type Login, openCredentials, openLogin } from "@hestia/postgres/cluster";
import {
  bootstrapPlatform,
  type Cluster,
  type MigrationFile,
  withClient,
  withDatabase,
} from "@hestia/postgres/platform";
import pg from "pg";

/** One of two tenants. */
export type Side = {
  readonly id: TenantId;
  readonly slug: string;
  readonly isolation: IsolationModel;
  readonly place: string;
  readonly database: string;
  readonly tenant: Tenant;
  /** The login that the library uses for it. */
  readonly login: Login;
  /** A scope key of its own. */
  readonly key: string;
};

/** The scratch copy. */
export type Scratch = {
  readonly name: string;
  /** The administrator's URL of its platform database. */
  readonly databaseUrl: string;
  /** What an application connects with. */
  readonly directoryUrl: string;
  readonly secretKey: string;
  readonly rolePrefix: string;
  readonly dataDatabase: string;
  readonly cluster: Cluster;
  readonly hestia: Hestia;
  /** Makes a tenant with its partition, active. */
  addTenant(isolation: IsolationModel, slug: string): Promise<Side>;
  remove(): Promise<void>;
};

const prefix = "hestia_check_";

/** Makes a scratch copy; the administrator's URL says on which server. */
export async function makeScratch(
  adminUrl: string,
  files: readonly MigrationFile[],
  onProgress: (text: string) => void,
): Promise<Scratch> {
  await removeLeftovers(adminUrl);
  const name = `${prefix}${randomBytes(4).toString("hex").slice(0, 7)}`;
  const closers: (() => Promise<unknown>)[] = [];
  const remove = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch(() => {});
  };
  // As long as this connection lives nobody takes the copy for a leftover.
  const guard = new pg.Client({ connectionString: adminUrl, application_name: name });
  guard.on("error", () => {});
  await guard.connect();
  closers.push(
    () => guard.end(),
    () => removeInstallation(adminUrl, name),
  );
  try {
    return await install({ adminUrl, name, files, onProgress, closers, remove });
  } catch (error) {
    await remove();
    throw error;
  }
}

type Making = {
  readonly adminUrl: string;
  readonly name: string;
  readonly files: readonly MigrationFile[];
  readonly onProgress: (text: string) => void;
  readonly closers: (() => Promise<unknown>)[];
  readonly remove: () => Promise<void>;
};

async function install(making: Making): Promise<Scratch> {
  const { adminUrl, name, files, onProgress, closers, remove } = making;
  const databaseUrl = withDatabase(adminUrl, name);
  const secretKey = randomBytes(32).toString("base64url");
  await withClient(adminUrl, async (client) => {
    await client.query(`create database ${name}`);
    await client.query(`revoke all on database ${name} from public`);
  });
  const platform = await bootstrapPlatform({ databaseUrl, secretKey, onProgress });
  const { cluster, clusterId, directoryUrl, rolePrefix } = platform;
  closers.push(() => cluster.close());
  onProgress("applying the shared migrations");
  await cluster.migrateShared(files);
  // One connection, so that the tenants take turns on it.
  const hestia = await connect({ databaseUrl: directoryUrl, secretKey, connectionsMax: 1 });
  closers.push(() => hestia.close());
  const copy = { name, databaseUrl, directoryUrl, secretKey, rolePrefix, cluster, hestia, remove };
  const dataDatabase = `${name}_data`;
  return {
    ...copy,
    dataDatabase,
    addTenant: async (isolation, slug) => {
      const id: TenantId = makeId(new Date());
      const place = await cluster.makePartition({ id, isolation });
      await cluster.migratePartition({ id, isolation }, files);
      await cluster.verifyPartition({ id, isolation });
      await cluster.setState({ id, isolation }, "active");
      const stored = await storeTenant(databaseUrl, { id, slug, isolation, clusterId, ...place });
      const login = place.credentials
        ? openLogin(secretKey, id, place.credentials)
        : openCredentials(secretKey, "default", stored.credentials).app[0];
      const database = place.database ?? dataDatabase;
      return {
        ...{ id, slug, isolation, database },
        place: place.schema ?? "app",
        tenant: await hestia.tenant(slug),
        login: login as Login,
        key: await issueKey(withDatabase(databaseUrl, database), id),
      };
    },
  };
}

type Stored = {
  readonly id: TenantId;
  readonly slug: string;
  readonly isolation: IsolationModel;
  readonly clusterId: string;
  readonly database?: string;
  readonly schema?: string;
  readonly credentials?: string;
};

/** Tells the copy's directory of a tenant; returns the sealed logins of its cluster. */
async function storeTenant(databaseUrl: string, tenant: Stored): Promise<{ credentials: string }> {
  const { id, slug, isolation, clusterId, database, schema, credentials } = tenant;
  return withClient(databaseUrl, async (client) => {
    await client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name,
         credentials, plan_id, created_at, updated_at)
       values ($1, $2, $2, 'active', $3, $4, $5, $6, $7, 'standard', now(), now())`,
      [id, slug, isolation, clusterId, database ?? null, schema ?? null, credentials ?? null],
    );
    const { rows } = await client.query<{ credentials: string }>(
      "select credentials from platform.clusters where id = $1",
      [clusterId],
    );
    return { credentials: rows[0]?.credentials ?? "" };
  });
}

async function issueKey(url: string, id: TenantId): Promise<string> {
  const key = randomBytes(32).toString("base64url");
  const digest = createHash("sha256").update(key).digest();
  await withClient(url, (client) => client.query("select hestia.issue($1, $2)", [digest, id]));
  return key;
}

/** What earlier runs left that nobody works on any more. */
async function removeLeftovers(adminUrl: string): Promise<void> {
  const left = await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select distinct n.name from (
         select left(datname, 20) as name from pg_database union select left(rolname, 20) from pg_roles) n
       where n.name ~ $1 and not exists (select from pg_stat_activity a where a.application_name = n.name)`,
      [`^${prefix}[0-9a-f]{7}$`],
    );
    return rows.map(({ name }) => name);
  });
  for (const name of left) await removeInstallation(adminUrl, name);
}

async function removeInstallation(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const own = async (text: string) =>
      (await client.query<{ name: string }>(text, [`${name}%`])).rows.map((row) => row.name);
    for (const database of await own(
      "select datname as name from pg_database where datname like $1",
    ))
      await client.query(`drop database if exists ${pg.escapeIdentifier(database)} with (force)`);
    for (const role of await own("select rolname as name from pg_roles where rolname like $1"))
      await client.query(`drop role if exists ${pg.escapeIdentifier(role)}`);
  });
}
