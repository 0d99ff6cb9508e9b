// Partitions of a platform of the test file's own, empty until a test migrates them, and both views of what came of it:
// the catalogue as the superuser reads it, and the rows as a tenant's statements see them.

import { randomBytes } from "node:crypto";
import { type IsolationModel, isHestiaError, makeId, type TenantId } from "@hestia/core";
import pg from "pg";
import { type Clone, cloneTemplate, testSecretKey } from "../../../test/templates.ts";
import { inTransaction, withClient, withDatabase } from "../src/cluster/admin.ts";
import { type Cluster, type PartitionTenant, placeOf } from "../src/cluster/cluster.ts";
import { quoted, type Roles, rolesOf } from "../src/cluster/identifiers.ts";
import { type MigrationFile, migrationFile } from "../src/cluster/migration-files.ts";
import { bootstrapPlatform } from "../src/platform/bootstrap.ts";

/** A platform with nothing on it. */
export type Platform = {
  readonly clone: Ground;
  readonly cluster: Cluster;
  readonly roles: Roles;
  /** A partition with no tables; that of the shared tenants is emptied of everything before. */
  partition(isolation: IsolationModel): Promise<Partition>;
  /** Another tenant of the shared model, in the same schema. */
  neighbour(): Promise<PartitionTenant>;
  /** Migrations of a reference table that every tenant reads. */
  readonly sharedFiles: readonly MigrationFile[];
  close(): Promise<void>;
};

/** What a platform stands on: a clone of the prepared one, or one that an administrator without a superuser made. */
type Ground = Pick<Clone, "databaseUrl" | "dataDatabase" | "drop"> & {
  readonly adminUrl: string;
};

/** Makes the platform. */
export async function makePlatform(
  postgresUrl: string,
  { superuser = true } = {},
): Promise<Platform> {
  const clone = superuser ? await cloneGround(postgresUrl) : await bareGround(postgresUrl);
  const { cluster, rolePrefix } = await bootstrapPlatform({
    databaseUrl: clone.adminUrl,
    secretKey: testSecretKey,
  });
  const roles = rolesOf(rolePrefix);
  // As an installation has it; a clone was made by the superuser.
  await withClient(postgresUrl, async (client) => {
    for (const name of [clone.dataDatabase, `${clone.dataDatabase}_template`])
      await client.query(`alter database ${quoted(name)} owner to ${quoted(roles.owner)}`);
  });
  const partitions: Partition[] = [];
  return {
    clone,
    cluster,
    roles,
    sharedFiles,
    async neighbour() {
      const tenant: PartitionTenant = { id: makeId(new Date()), isolation: "shared" };
      await cluster.makePartition(tenant);
      return tenant;
    },
    async partition(isolation) {
      if (isolation === "shared") await emptyShared(clone, roles);
      const tenant = { id: makeId<TenantId>(new Date()), isolation };
      const { database = clone.dataDatabase } = await cluster.makePartition(tenant);
      const client = new pg.Client({ connectionString: withDatabase(clone.databaseUrl, database) });
      client.on("error", () => {});
      await client.connect();
      const partition = new Partition({ cluster, tenant, database, client, roles });
      partitions.push(partition);
      return partition;
    },
    async close() {
      for (const { client, tenant } of partitions) {
        await client.end();
        if (tenant.isolation === "database") await cluster.dropPartition(tenant);
      }
      await cluster.close();
      await clone.drop();
    },
  };
}

async function cloneGround(postgresUrl: string): Promise<Ground> {
  const clone = await cloneTemplate(postgresUrl);
  return { ...clone, adminUrl: clone.databaseUrl };
}

/** All that a managed server gives: a login that may make roles and databases. */
async function bareGround(postgresUrl: string): Promise<Ground> {
  const name = `bare_${randomBytes(4).toString("hex")}`;
  await withClient(postgresUrl, async (client) => {
    await client.query(`create role ${name} login createrole createdb password '${name}'`);
    await client.query(`create database ${name} owner ${name}`);
  });
  const databaseUrl = withDatabase(postgresUrl, name);
  const admin = new URL(databaseUrl);
  admin.username = name;
  admin.password = name;
  const drop = () => withClient(postgresUrl, (client) => dropAll(client, name));
  return { databaseUrl, adminUrl: admin.href, dataDatabase: `${name}_data`, drop };
}

async function dropAll(client: pg.Client, name: string): Promise<void> {
  for (const database of [`${name}_data`, `${name}_data_template`, name])
    await client.query(`drop database if exists ${database} with (force)`);
  const { rows } = await client.query<{ role: string }>(
    "select rolname as role from pg_roles where rolname like $1 order by length(rolname) desc",
    [`${name}%`],
  );
  for (const { role } of rows) await client.query(`drop role ${role}`);
}

const sharedFiles = [
  migrationFile(
    "shared",
    "0001_countries.sql",
    "create table countries (code text primary key, name text); insert into countries values ('ch', 'Switzerland');",
  ),
];

async function emptyShared(clone: Ground, roles: Roles): Promise<void> {
  const [owner, app] = [quoted(roles.owner), quoted(roles.app)];
  await withClient(withDatabase(clone.databaseUrl, clone.dataDatabase), (client) =>
    client.query(`drop schema app cascade; create schema app authorization ${owner}; grant usage on schema app to ${app};
      delete from hestia.migrations where place = 'app'`),
  );
}

type Made = Pick<Platform, "cluster" | "roles"> & {
  tenant: PartitionTenant;
  database: string;
  client: pg.Client;
};

/** One tenant's partition; of the shared model, the one that it has with others. */
export class Partition {
  readonly tenant: PartitionTenant;
  readonly place: string;
  readonly database: string;
  /** The superuser, in the partition's database. */
  readonly client: pg.Client;
  readonly cluster: Cluster;
  readonly roles: Roles;
  readonly #files: MigrationFile[] = [];

  constructor({ cluster, tenant, database, client, roles }: Made) {
    this.cluster = cluster;
    this.tenant = tenant;
    this.place = placeOf(tenant);
    this.database = database;
    this.client = client;
    this.roles = roles;
  }

  /** Applies one more file after those before it; one that fails is forgotten. */
  async migrate(sql: string): Promise<void> {
    const name = `${String(this.#files.length + 1).padStart(4, "0")}.sql`;
    const files = [...this.#files, migrationFile("tenant", name, sql)];
    await this.cluster.migratePartition(this.tenant, [...sharedFiles, ...files]);
    this.#files.push(...files.slice(-1));
  }

  /** What the runner says of a file, after making sure that the file changed nothing. */
  async refusal(sql: string): Promise<string> {
    const before = await this.catalogue();
    const message = await this.migrate(sql).then(
      () => undefined,
      (error: Error) => (isHestiaError(error) ? error.message : `${error.stack}`),
    );
    const after = await this.catalogue();
    if (message === undefined) throw new Error("the migration was not refused");
    if (before !== after) throw new Error(`the refused migration changed something:\n${message}`);
    return message;
  }

  /** Names in a query's rows, with the superuser's rights; `$place` stands for the partition's schema. */
  async rows<Row extends object>(text: string): Promise<Row[]> {
    const { rows } = await this.client.query<Row>(text.replaceAll("$place", quoted(this.place)));
    return rows;
  }

  /** One column of a query as a list. */
  async list(text: string): Promise<unknown[]> {
    return (await this.rows(text)).map((row) => Object.values(row)[0]);
  }

  /** What `hestia.faults` and `hestia.excesses` say, as "object: fault". */
  async faults(): Promise<string[]> {
    const text = ["faults", "excesses"]
      .map((name) => `select object || ': ' || fault from hestia.${name}('${this.place}')`)
      .join(" union all ");
    return (await this.list(text)) as string[];
  }

  /** The definitions of a table's keys and other constraints, by name. */
  async constraints(table: string): Promise<Record<string, string>> {
    const rows = await this.rows<{ name: string; definition: string }>(
      `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = '$place.${table}'::regclass and contype <> 'n' and conname <> 'hestia_tenant_check' order by conname`,
    );
    return this.#named(rows);
  }

  /** The definitions of a table's indexes, by name, from the access method on. */
  async indexes(table: string): Promise<Record<string, string>> {
    const rows = await this.rows<{ name: string; definition: string }>(
      `select c.relname as name, pg_get_indexdef(c.oid) as definition from pg_index x join pg_class c on c.oid = x.indexrelid
       where x.indrelid = '$place.${table}'::regclass order by c.relname`,
    );
    return this.#named(rows);
  }

  #named(rows: { name: string; definition: string }[]): Record<string, string> {
    const short = (text: string) =>
      text.replaceAll(`${this.place}.`, "").replace(/^CREATE (UNIQUE )?INDEX .*? USING /, "$1");
    return Object.fromEntries(rows.map(({ name, definition }) => [name, short(definition)]));
  }

  /** Everything in the database that a migration could change, as text to compare. */
  async catalogue(): Promise<string> {
    const { rows } = await this.client.query<{ text: string }>(catalogueText);
    return rows.map(({ text }) => text).join("\n");
  }

  /** Runs statements as the tenant does: in its scope and with the rights of the tenants' role. */
  async as<Row extends object = Record<string, unknown>>(
    text: string,
    tenant: PartitionTenant = this.tenant,
  ): Promise<Row[]> {
    const key = randomBytes(32).toString("base64url");
    await this.client.query("select hestia.set_state($1, 'active')", [tenant.id]);
    await this.client.query("select hestia.issue(sha256(convert_to($1, 'UTF8')), $2)", [
      key,
      tenant.id,
    ]);
    return inTransaction(this.client, async () => {
      await this.client.query(`set local role ${quoted(this.roles.app)}`);
      await this.client.query("select hestia.enter($1)", [key]);
      return (await this.client.query<Row>(text)).rows;
    });
  }
}

const catalogueText = `
  select 'relation ' || c.oid || to_jsonb(c)::text as text from (select oid, relname, relnamespace, relowner, relkind, relacl, relrowsecurity,
    relforcerowsecurity, reloptions from pg_class where oid >= 16384 and relkind <> 't' and relnamespace <> 'pg_toast'::regnamespace) c
  union all select 'constraint ' || oid || pg_get_constraintdef(oid) from pg_constraint where oid >= 16384
  union all select 'policy ' || oid || polname from pg_policy
  union all select 'column ' || attrelid || attname || atttypid || attnotnull from pg_attribute where attrelid >= 16384 and attnum > 0
  union all select 'routine ' || oid || proname || proowner || coalesce(proacl::text, '') from pg_proc where oid >= 16384
  union all select 'schema ' || nspname || coalesce(nspacl::text, '') from pg_namespace where nspname !~ '^pg_(toast_)?temp'
  union all select 'type ' || typname || typowner from pg_type where oid >= 16384
  union all select 'migration ' || place || set || name from hestia.migrations
  union all select 'default ' || defaclrole || defaclnamespace || defaclobjtype::text || defaclacl::text from pg_default_acl
  order by 1`;
