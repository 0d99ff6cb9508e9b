// An installation of its own for the doctor's tests, with a tenant in each model, whose roles and databases nobody else
// uses: here they are broken on purpose.
import { randomBytes } from "node:crypto";
import type { IsolationModel, TenantId } from "@hestia/core";
import { withClient, withDatabase } from "../cluster/admin.ts";
import { migrationFile } from "../cluster/migration-files.ts";
import { bootstrapPlatform } from "../platform/index.ts";
import { checks, examine, examineDatabase } from "./examine.ts";
import type { Finding } from "./findings.ts";
import { readInstallation } from "./installation.ts";

/** The schema tenant's schema. */
export const schemaPlace = "t_01900000000070008000000000000002";
const databaseTenant = "t_01900000000070008000000000000003";

const files = [
  migrationFile(
    "shared",
    "0001_airports.sql",
    "create table airports (code text primary key, name text not null);",
  ),
  migrationFile(
    "tenant",
    "0001_orders.sql",
    `create type mood as enum ('calm', 'cross');
     create table customers (id uuid primary key default gen_random_uuid(), email text not null unique);
     create table orders (
       id uuid primary key default gen_random_uuid(), number integer generated always as identity,
       customer_id uuid references customers, amount numeric, mood mood, meta jsonb, tags text[], words tsvector,
       during tstzrange, airport text references shared.airports, at timestamp not null default now());
     create index orders_at on orders (at);
     create view recent as select * from orders where at > now() - interval '1 day';`,
  ),
];

/** An installation that is the test's own. */
export type Clinic = {
  readonly prefix: string;
  readonly databaseUrl: string;
  readonly data: string;
  readonly tenantDatabase: string;
  /** Runs SQL as the administrator. */
  run(database: string, sql: string): Promise<void>;
  /** Everything found that is about this installation, and not about others on the same server. */
  examine(): Promise<Finding[]>;
  /** Clones the data database, does the work with the clone's name, and drops it. */
  withClone(work: (database: string) => Promise<void>): Promise<void>;
  /** The findings of every check for a data database. */
  examineClone(database: string): Promise<Finding[]>;
  close(): Promise<void>;
};

/** Makes an installation. */
export async function openClinic(postgresUrl: string): Promise<Clinic> {
  const prefix = `doctor_${randomBytes(4).toString("hex")}`;
  const databaseUrl = withDatabase(postgresUrl, prefix);
  const run = (database: string, sql: string) =>
    withClient(
      withDatabase(postgresUrl, database),
      async (client) => void (await client.query(sql)),
    );
  await run("postgres", `create database ${prefix}`);
  const { cluster, clusterId } = await bootstrapPlatform({
    databaseUrl,
    secretKey: "s".repeat(32),
  });
  await cluster.migrateShared(files);
  for (const [index, isolation] of (["shared", "schema", "database"] as const).entries()) {
    const tenant = { id: `01900000-0000-7000-8000-00000000000${index + 1}` as TenantId, isolation };
    await cluster.makePartition(tenant);
    await cluster.migratePartition(tenant, files);
    await cluster.setState(tenant, "active");
    await run(prefix, insertTenant(tenant, clusterId, prefix));
  }
  await cluster.close();
  const data = `${prefix}_data`;
  return {
    prefix,
    databaseUrl,
    data,
    tenantDatabase: `${prefix}_${databaseTenant}`,
    run,
    examine: async () =>
      (await examine({ databaseUrl })).findings.filter((each) =>
        `${each.object} ${each.cure}`.includes(prefix),
      ),
    withClone: async (work) => {
      const clone = `${prefix}_clone`;
      await run("postgres", `create database ${clone} template ${data}`);
      await work(clone).finally(() => run("postgres", `drop database ${clone} with (force)`));
    },
    examineClone: async (database) =>
      examineDatabase(
        await readInstallation(databaseUrl),
        database,
        checks.filter(({ on }) => on.includes("data")),
      ),
    close: () => drop(run, prefix),
  };
}

function insertTenant(
  { id, isolation }: { id: TenantId; isolation: IsolationModel },
  clusterId: string,
  prefix: string,
): string {
  const database = isolation === "database" ? `'${prefix}_${databaseTenant}'` : "null";
  const schema = isolation === "schema" ? `'${schemaPlace}'` : "null";
  return `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name, plan_id, created_at, updated_at)
    values ('${id}', '${isolation}', '${isolation}', 'active', '${isolation}', '${clusterId}', ${database}, ${schema}, 'standard', now(), now())`;
}

async function drop(run: Clinic["run"], prefix: string): Promise<void> {
  const roles = ["app_1", "app", "directory", "tenant", "system", "owner", databaseTenant];
  for (const part of ["", "_data", "_data_template", `_${databaseTenant}`])
    await run("postgres", `drop database if exists ${prefix}${part} with (force)`);
  for (const role of roles) await run("postgres", `drop role if exists ${prefix}_${role}`);
}
