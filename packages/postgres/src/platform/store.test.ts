// The platform's store on a real database: what a tenant's transaction sees, what is never changed, what serves lists.
import {
  HestiaError,
  makeId,
  makeTenant,
  type Tenant,
  type TenantId,
  tenantSorts,
} from "@hestia/core";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../../test/templates.ts";
import { insertEvent } from "./audit-events.ts";
import { findOwnTenant, initialiseConfiguration, listConfiguration } from "./configuration.ts";
import { type Database, openDatabase } from "./database.ts";
import { insertTenant, listTenants, lockTenant } from "./tenants.ts";

let clone: Clone;
let db: Database;
let admin: pg.Client;
const now = new Date();
const tenants: Tenant[] = [];

beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
  admin = new pg.Client(clone.databaseUrl);
  await admin.connect();
  const { rows } = await admin.query<{ id: string; prefix: string }>(
    "select id, role_prefix as prefix from platform.clusters",
  );
  const { id: clusterId = "", prefix: rolePrefix = "" } = rows[0] ?? {};
  db = openDatabase({ url: clone.databaseUrl, rolePrefix });
  for (const slug of ["acme", "zenith"]) {
    const asked = {
      slug,
      name: slug,
      isolation: "shared",
      plan: "standard",
      settings: {},
    } as const;
    const tenant = makeTenant(asked, {
      id: makeId<TenantId>(now),
      placement: { cluster: "default" },
      now,
    });
    await db.asPlatform((tx) => insertTenant(tx, tenant, { clusterId }));
    await db.asTenant(tenant.id, (tx) => initialiseConfiguration(tx, { whose: slug }, now));
    tenants.push(tenant);
  }
});
afterAll(async () => {
  await db.close();
  await admin.end();
  await clone.drop();
});

test("a tenant's transaction sees its own rows alone", async () => {
  for (const { id, slug } of tenants) {
    expect(await db.asTenant(id, listConfiguration)).toEqual({ whose: slug });
    expect(await db.asTenant(id, findOwnTenant)).toMatchObject({ id, slug });
  }
  expect(await db.asTenant(makeId<TenantId>(now), findOwnTenant)).toBeUndefined();
});

test("a tenant's transaction cannot write another's rows, nor name the platform's tables", async () => {
  const [acme, zenith] = tenants;
  const steal = db.asTenant(acme?.id as TenantId, (tx) =>
    tx
      .insertInto("configuration")
      .values({ tenant_id: zenith?.id ?? "", key: "x", value: "1", updated_at: now })
      .execute(),
  );
  await expect(steal).rejects.toThrow(/row-level security/);
  const peek = db.asTenant(acme?.id as TenantId, (tx) =>
    lockTenant(tx as never, zenith?.id as TenantId),
  );
  await expect(peek).rejects.toThrow(/permission denied/);
});

test("nothing of a tenant's transaction is left on its connection", async () => {
  await db.asTenant(tenants[0]?.id as TenantId, listConfiguration);
  expect(await db.asPlatform((tx) => lockTenant(tx, tenants[1]?.id as TenantId))).toMatchObject({
    slug: "zenith",
  });
});

test("the audit log refuses to be changed, shortened or emptied, and numbers each tenant's events", async () => {
  for (const tenant of [...tenants, ...tenants])
    await db.asPlatform((tx) =>
      insertEvent(tx, {
        id: makeId(now),
        type: "tenant.created",
        at: now,
        actor: { kind: "system", name: "test" },
        tenantId: tenant.id,
        data: { after: {} },
      }),
    );
  const { rows } = await admin.query(
    "select position from platform.audit_events order by chain, position",
  );
  expect(rows.map((row) => row.position)).toEqual(["1", "2", "1", "2"]);
  for (const statement of [
    "update platform.audit_events set type = 'x'",
    "delete from platform.audit_events",
    "truncate platform.audit_events",
  ])
    await expect(admin.query(statement)).rejects.toMatchObject({ code: "23001" });
});

test("every order of the list of tenants is served by an index, at the first page and at later ones", async () => {
  await admin.query(`insert into platform.tenants (id, slug, name, status, isolation, cluster_id, plan_id, created_at, updated_at, synced_version)
    select gen_random_uuid(), 'bulk-' || n, 'Bulk ' || n, case when n % 500 = 0 then 'suspended' else 'active' end,
      case when n % 500 = 0 then 'schema' else 'shared' end, (select id from platform.clusters), 'standard',
      now() - n * interval '1 s', now() - n * interval '1 s', case when n % 500 = 0 then 0 else 1 end
    from generate_series(1, 5000) n`);
  await admin.query("vacuum analyze platform.tenants");
  await admin.query("select pg_stat_reset_single_table_counters('platform.tenants'::regclass)");
  await db.asPlatform(async (tx) => {
    for (const sort of tenantSorts) {
      const { nextCursor } = await listTenants(tx, { limit: 20, sort, filter: {} });
      await listTenants(tx, { limit: 20, sort, filter: {}, cursor: nextCursor });
    }
  });
  const scans = await admin.query<{ scans: string }>(
    "select seq_scan as scans from pg_stat_user_tables where relid = 'platform.tenants'::regclass",
  );
  expect(Number(scans.rows[0]?.scans)).toBe(0);
});

test.each([
  ["not base64", "%%"],
  ["another list's", Buffer.from('[1,"x","a","b"]').toString("base64url")],
])("a cursor that is %s is refused", async (_, cursor) => {
  const page = db.asPlatform((tx) =>
    listTenants(tx, { limit: 1, sort: "name", filter: {}, cursor }),
  );
  await expect(page).rejects.toSatisfy(
    (error) => error instanceof HestiaError && error.code === "cursor_invalid",
  );
});
