// Without a superuser: what cannot be revoked is made up for by a reset before every scope and by several logins,
// and the installation says that its isolation is reduced.

import { randomBytes } from "node:crypto";
import { makeId, type TenantId } from "@hestia/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { withClient, withDatabase } from "../src/cluster/admin.ts";
import { connect, type Hestia, type Tenant } from "../src/index.ts";
import { bootstrapPlatform, type Platform } from "../src/platform/bootstrap.ts";
import { applicationFiles } from "./world.fixture.ts";

const name = `reduced_${randomBytes(4).toString("hex")}`;
const secretKey = "a secret key for the reduced form of isolation";
let platform: Platform;
let hestia: Hestia;
let superuser: pg.Client;
const tenants: Record<string, Tenant> = {};

beforeAll(async () => {
  const url = inject("postgresUrl");
  await withClient(url, async (client) => {
    await client.query(`create role ${name} login createrole createdb password '${name}'`);
    await client.query(`create database ${name} owner ${name}`);
  });
  const own = new URL(withDatabase(url, name));
  own.username = name;
  own.password = name;
  platform = await bootstrapPlatform({ databaseUrl: own.href, secretKey });
  await platform.cluster.migrateShared(applicationFiles);
  hestia = await connect({ databaseUrl: platform.directoryUrl, secretKey, connectionsMax: 2 });
  for (const isolation of ["shared", "schema", "database"] as const) {
    for (const slug of [`${isolation}-a`, `${isolation}-b`])
      tenants[slug] = await add(own.href, isolation, slug);
  }
  superuser = new pg.Client({ connectionString: withDatabase(url, `${name}_data`) });
  await superuser.connect();
}, 120_000);

async function add(
  databaseUrl: string,
  isolation: "shared" | "schema" | "database",
  slug: string,
): Promise<Tenant> {
  const id: TenantId = makeId(new Date());
  const place = await platform.cluster.makePartition({ id, isolation });
  await platform.cluster.migratePartition({ id, isolation }, applicationFiles);
  await platform.cluster.verifyPartition({ id, isolation });
  await platform.cluster.setState({ id, isolation }, "active");
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name,
         credentials, plan_id, created_at, updated_at)
       values ($1, $2, $2, 'active', $3, $4, $5, $6, $7, 'standard', now(), now())`,
      [
        id,
        slug,
        isolation,
        platform.clusterId,
        place.database ?? null,
        place.schema ?? null,
        place.credentials ?? null,
      ],
    ),
  );
  const tenant = await hestia.tenant(slug);
  await tenant.query("insert into orders (id, note) values (1, $1)", [slug]);
  return tenant;
}

afterAll(async () => {
  await hestia?.close();
  for (const isolation of ["shared", "schema", "database"] as const) {
    for (const part of ["a", "b"]) {
      const id = tenants[`${isolation}-${part}`]?.id;
      if (id) await platform.cluster.dropPartition({ id, isolation });
    }
  }
  await superuser?.end();
  await platform?.cluster.close();
  await withClient(inject("postgresUrl"), async (client) => {
    for (const database of [`${name}_data`, `${name}_data_template`, name])
      await client.query(`drop database if exists ${database} with (force)`);
    const { rows } = await client.query<{ role: string }>(
      "select rolname as role from pg_roles where rolname like $1 order by length(rolname) desc",
      [`${name}%`],
    );
    for (const { role } of rows) await client.query(`drop role ${role}`);
  });
});

test("it says that isolation is reduced, and what is missing", () => {
  expect(hestia.isolation()).toEqual({ default: "reduced" });
  expect(platform.cluster.isolation).toBe("reduced");
  expect(platform.cluster.missing.length).toBeGreaterThan(3);
});

describe.each(["shared", "schema", "database"])("%s tenants", (isolation) => {
  const first = () => tenants[`${isolation}-a`] as Tenant;
  const second = () => tenants[`${isolation}-b`] as Tenant;

  test("see and write their own rows alone", async () => {
    expect((await first().query("select note from orders")).rows).toEqual([
      { note: `${isolation}-a` },
    ]);
    await expect(
      first().query("insert into orders (tenant_id, id) values ($1, 2)", [second().id]),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/42501|23514/),
    });
  });

  test("do not inherit what the tenant before planted on the connection", async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      await first().query(
        "select set_config('search_path', 'nowhere', false), set_config('statement_timeout', '1', false), set_config('x.planted', 'yes', false)",
      );
    }
    for (let turn = 0; turn < 6; turn += 1) {
      const { rows } = await second().query(
        "select note, current_setting('x.planted', true) as planted, current_setting('statement_timeout') as timeout from orders",
      );
      expect(rows).toEqual([
        {
          note: `${isolation}-b`,
          planted: expect.toSatisfy((value) => value === null || value === ""),
          timeout: "30s",
        },
      ]);
    }
  });

  test("transactions begin with a clean session too, at any isolation", async () => {
    await first().query("select set_config('x.planted', 'yes', false)");
    const planted = await second().transaction(
      (tx) =>
        tx.query(
          "select nullif(current_setting('x.planted', true), '') as planted, current_setting('transaction_isolation') as level",
        ),
      {
        isolation: "repeatable read",
      },
    );
    expect(planted.rows).toEqual([{ planted: null, level: "repeatable read" }]);
  });

  test.each([
    "set_config('default_transaction_read_only', 'on', false)",
    "set_config('default_transaction_isolation', 'serializable', false)",
    `set_config('role', '${name}_app', false)`,
  ])("write in a transaction of their own kind after %s", async (planted) => {
    const plant = () =>
      first()
        .query(`select ${planted}`)
        .catch(() => {});
    const text = `insert into orders (id, note) values ($1, 'planted') returning current_setting('transaction_isolation')
      || case when current_user = session_user then '' else ' as ' || current_user end as how`;
    const expected = [{ how: "read committed" }];
    for (let turn = 0; turn < 3; turn += 1) {
      await Promise.all([plant(), plant()]);
      expect((await second().query(text, [900 + turn])).rows).toEqual(expected);
      await Promise.all([plant(), plant()]);
      const { rows } = await second().transaction((tx) => tx.query(text, [910 + turn]));
      expect(rows).toEqual(expected);
    }
    await expect(
      second().transaction((tx) => tx.query(text, [920]), { readOnly: true }),
    ).rejects.toMatchObject({ code: "25006" });
    await second().query("delete from orders where note = 'planted'");
  });

  test("cannot enter each other by id", async () => {
    const { rows } = await first().query(
      "with s as materialized (select set_config('hestia.tenant', $1, true)) select o.note from s, orders o",
      [second().id],
    );
    expect(rows).toEqual([{ note: `${isolation}-a` }]);
  });
});

test("an advisory lock that a tenant took is gone when the next one enters", async () => {
  const first = tenants["shared-a"] as Tenant;
  const second = tenants["shared-b"] as Tenant;
  await first.query("select pg_advisory_lock(991199)");
  for (let turn = 0; turn < 8; turn += 1) await second.query("select 1");
  const { rows } = await superuser.query(
    "select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = 991199",
  );
  expect(rows).toEqual([{ n: 0 }]);
});

test("connections of one process do not share a login, so that none reads or cancels the other's statement", async () => {
  const slow = (tenants["shared-b"] as Tenant)
    .query("select 'iban-DE89', pg_sleep(2)")
    .catch(() => {});
  const other = tenants["shared-a"] as Tenant;
  await expect
    .poll(
      async () =>
        (
          await superuser.query(
            "select from pg_stat_activity where query like '%iban-DE89%' and state = 'active' and pid <> pg_backend_pid()",
          )
        ).rowCount,
    )
    .toBe(1);
  const { rows } = await other.query(
    "select query from pg_stat_activity where query like '%iban-DE89%' and pid <> pg_backend_pid()",
  );
  expect(rows).toEqual([]);
  await slow;
});
