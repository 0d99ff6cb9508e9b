// The platform's store on a real database: what a tenant's transaction sees, what is never changed, what serves lists.
import {
  defaultTenantSort,
  HestiaError,
  makeId,
  makeTenant,
  type Tenant,
  type TenantId,
  tenantSorts,
} from "@hestia/core";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../../test/templates.ts";
import { insertEvent } from "./audit-events.ts";
import { findOwnTenant, initialiseConfiguration, listConfiguration } from "./configuration.ts";
import { type Database, openDatabase } from "./database.ts";
import { countTenants, tenantCountsSql } from "./fleet.ts";
import { insertTenant, listTenants, listUnsynced, lockTenant, tenantListQuery } from "./tenants.ts";

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

test("a transaction that waited too long for its next statement says that trying again helps", async () => {
  const hasty = openDatabase({ url: clone.databaseUrl, rolePrefix: "", transactionIdleMs: 50 });
  const late = hasty.asPlatform(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await expect
      .poll(() =>
        admin
          .query("select from pg_stat_activity where pid = $1", [rows[0]?.pid])
          .then((found) => found.rowCount),
      )
      .toBe(0);
    await sql`select 1`.execute(tx);
  });
  await expect(late).rejects.toMatchObject({ code: "database_unavailable" });
  await hasty.close();
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
    "truncate platform.audit_events cascade",
  ])
    await expect(admin.query(statement)).rejects.toMatchObject({ code: "23001" });
});

describe("at 10,000 tenants", () => {
  beforeAll(async () => {
    await admin.query("insert into platform.plans (id, name) values ('rare', 'Rare')");
    await admin.query(`insert into platform.tenants (id, slug, name, status, isolation, cluster_id, plan_id, created_at, updated_at, synced_version, settings)
      select gen_random_uuid(), 'bulk-' || n, 'Bulk ' || n, case when n % 500 = 0 then 'suspended' else 'active' end,
        case when n % 500 = 0 then 'schema' else 'shared' end, (select id from platform.clusters),
        case when n % 500 = 0 then 'rare' else 'standard' end,
        now() - n * interval '1 s', now() - n * interval '1 s', case when n % 500 = 0 then 0 else 1 end,
        jsonb_build_object('text', repeat(md5(n::text), 20))
      from generate_series(1, 10000) n`);
    await admin.query("vacuum analyze platform.tenants");
  });

  const planOf = (listing: Parameters<typeof tenantListQuery>[1]) =>
    db.asPlatform(async (tx) => JSON.stringify(await tenantListQuery(tx, listing).explain("json")));

  test.each(tenantSorts)("a list by %s reads an index, also on later pages", async (sort) => {
    const first = { limit: 20, sort, filter: {} };
    const { nextCursor: cursor } = await db.asPlatform((tx) => listTenants(tx, first));
    for (const listing of [first, { ...first, cursor }]) {
      const plan = await planOf(listing);
      expect(plan).toContain(`"Index Name":"tenants_${indexOf[sort.replace("-", "")]}"`);
      expect(plan).not.toMatch(/"Seq Scan"[^{}]*"Relation Name":"tenants"/);
    }
  });

  test.each([
    ["status", { status: ["suspended"] }, "status"],
    ["status, several", { status: ["suspended", "deleting"] }, "status"],
    ["plan", { plan: ["rare"] }, "plan"],
    ["isolation", { isolation: ["schema"] }, "isolation"],
    ["slug", { slug: "bulk-77" }, "slug_key"],
    ["part of a name", { q: "bulk 777" }, "search"],
    ["part of a name that none has", { q: "no such tenant" }, "search"],
  ] as const)("a list narrowed by %s reads its index", async (_, filter, index) => {
    const listing = { limit: 20, sort: defaultTenantSort, filter };
    expect(await planOf(listing)).toContain(`"Index Name":"tenants_${index}"`);
  });

  test("the fleet is counted from an index, without its table", async () => {
    expect(await db.asPlatform(countTenants)).toContainEqual({
      status: "suspended",
      isolation: "schema",
      count: 20,
    });
    // Whether that is the quicker way depends on how wide the rows are; that it is one does not.
    // An index alone tells of rows that are known to be visible to all, which those of commits that are not flushed yet are not.
    await admin.query("checkpoint");
    await admin.query("vacuum analyze platform.tenants");
    const others = ["enable_seqscan", "enable_bitmapscan"];
    await admin.query(others.map((name) => `set ${name} = off`).join("; "));
    const { rows: plan } = await admin.query(`explain (format json) ${tenantCountsSql}`);
    await admin.query(others.map((name) => `reset ${name}`).join("; "));
    expect(JSON.stringify(plan)).toMatch(
      /"Node Type":"Index Only Scan"[^{}]*"Index Name":"tenants_status"/,
    );
  });

  test("tenants are found by their ids", async () => {
    const listing = { limit: 20, sort: defaultTenantSort } as const;
    const { items } = await db.asPlatform((tx) => listTenants(tx, { ...listing, filter: {} }));
    const ids = items.slice(3, 6).map(({ id }) => id);
    const found = await db.asPlatform((tx) => listTenants(tx, { ...listing, filter: { id: ids } }));
    expect(found.items.map(({ id }) => id)).toEqual(ids);
  });

  test("what is behind is found by its own index", async () => {
    const rows = await db.asPlatform((tx) => listUnsynced(tx, { limit: 100 }));
    expect(rows).toHaveLength(20);
    const { rows: plan } = await admin.query(
      "explain (format json) select from platform.tenants where synced_version < version order by id limit 100",
    );
    expect(JSON.stringify(plan)).toContain('"Index Name":"tenants_unsynced"');
  });
});

const indexOf: Record<string, string> = {
  createdAt: "created",
  updatedAt: "updated",
  name: "name",
  slug: "slug_key",
};

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
