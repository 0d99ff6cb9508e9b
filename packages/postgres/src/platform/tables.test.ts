// The platform database's tables against what the code believes of them: their types, and on whose side they are.
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { withDatabase } from "../cluster/admin.ts";
import { rolesOf } from "../cluster/identifiers.ts";
import { applyVersions } from "../cluster/versions.ts";
import { describeTables } from "./describe-tables.ts";

const database = `tables_${process.pid}`;
const roles = rolesOf(database);
let client: pg.Client;

beforeAll(async () => {
  const url = inject("postgresUrl");
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`create database ${database}`);
  for (const role of [roles.tenant, roles.directory])
    await admin.query(`create role ${role} nologin`);
  await admin.end();
  client = new pg.Client(withDatabase(url, database));
  await client.connect();
  await applyVersions(client, { folder: "platform", roles });
});

afterAll(async () => {
  await client.query("drop schema platform cascade");
  await client.query(`drop owned by ${roles.tenant}, ${roles.directory}`);
  await client.query(`drop role ${roles.tenant}, ${roles.directory}`);
  await client.end();
});

test("the generated table types are those of the migrated database", async () => {
  const text = await describeTables(client, roles.tenant);
  await expect(text).toMatchFileSnapshot("./tables.generated.ts");
});

/** Every table and view of the platform, by whose it is: a new one is listed here, deliberately. */
const sides = {
  platform: [
    "archive_parts",
    "archives",
    "audit_chains",
    "audit_events",
    "clusters",
    "directory",
    "directory_clusters",
    "erasure_certificates",
    "event_lanes",
    "event_subscribers",
    "idempotency_keys",
    "isolation_checks",
    "leases",
    "legal_holds",
    "migration_ledger",
    "migrations",
    "operation_steps",
    "operations",
    "operator_keys",
    "operator_sessions",
    "plans",
    "tenants",
    "verifications",
    "warm_partitions",
    "webhook_deliveries",
    "webhooks",
  ],
  tenant: ["configuration", "own_tenant"],
};

test("every table is the platform's or a tenant's, and the tenant's role sees its own side only", async () => {
  const { rows } = await client.query<{ name: string; seen: boolean }>(
    `select relname as name, has_any_column_privilege($1, oid, 'select, insert, update') as seen from pg_class
     where relnamespace = 'platform'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by relname`,
    [roles.tenant],
  );
  expect(rows.filter((row) => !row.seen).map((row) => row.name)).toEqual(sides.platform);
  expect(rows.filter((row) => row.seen).map((row) => row.name)).toEqual(sides.tenant);
});

test("a tenant's table has forced row security and a primary key that leads with the tenant", async () => {
  const { rows } = await client.query(
    `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as secured,
       (select a.attname from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisprimary) as leads
     from pg_class c where c.relnamespace = 'platform'::regnamespace and c.relkind = 'r' and c.relname = any ($1)`,
    [sides.tenant],
  );
  expect(rows).toEqual([{ name: "configuration", secured: true, leads: "tenant_id" }]);
});
