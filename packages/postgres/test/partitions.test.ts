// Partitions made, repeated, proven and dropped, by one and by several at once: nothing is lost, nothing is left behind.

import { setTimeout as delay } from "node:timers/promises";
import { type IsolationModel, isolationModels, makeId } from "@hestia/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { testSecretKey } from "../../../test/templates.ts";
import { withClient, withDatabase } from "../src/cluster/admin.ts";
import type { PartitionTenant } from "../src/cluster/cluster.ts";
import { migrationFile } from "../src/cluster/migration-files.ts";
import { openLogin } from "../src/cluster/tenant-login.ts";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());

const tenantOf = (isolation: IsolationModel): PartitionTenant => ({
  id: makeId(new Date()),
  isolation,
});
const files = [
  migrationFile("tenant", "0001.sql", "create table t (id int primary key, note text);"),
];

/** Every name on the server and in the data database that a partition could leave behind. */
async function traces(tenant: PartitionTenant): Promise<string[]> {
  const bare = tenant.id.replaceAll("-", "");
  return withClient(
    withDatabase(platform.clone.databaseUrl, platform.clone.dataDatabase),
    async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select 'database ' || datname as name from pg_database where strpos(datname, $1) > 0
       union all select 'role ' || rolname from pg_roles where strpos(rolname, $1) > 0
       union all select 'setting' from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole where s.setrole <> 0 and r.oid is null
       union all select 'schema ' || nspname from pg_namespace where strpos(nspname, $1) > 0
       union all select 'migration' from hestia.migrations where strpos(place, $1) > 0
       union all select 'tenant' from hestia.tenants where tenant_id = $2
       union all select 'scope' from hestia.scopes where tenant_id = $2`,
        [bare, tenant.id],
      );
      return rows.map(({ name }) => name);
    },
  );
}

async function enter(login: { user: string; password: string }, database: string): Promise<void> {
  const { hostname, port } = new URL(platform.clone.databaseUrl);
  const client = new pg.Client({ host: hostname, port: Number(port), ...login, database });
  await client.connect();
  await client.end();
}

describe.each(isolationModels)("a partition of the model %s", (model) => {
  test("is made, migrated, proven, opened and dropped, each as often as one likes", async () => {
    const tenant = tenantOf(model);
    const { cluster } = platform;
    const placed = await cluster.makePartition(tenant);
    expect(await cluster.makePartition(tenant)).toEqual(
      model === "database" ? { ...placed, credentials: expect.any(String) } : placed,
    );
    expect(await cluster.stateOf(tenant)).toBe("provisioning");
    for (const _ of [1, 2]) {
      await cluster.migratePartition(tenant, files);
      await cluster.verifyPartition(tenant);
      await cluster.setState(tenant, "active");
    }
    expect(await cluster.makePartition(tenant)).toBeDefined();
    expect(await cluster.stateOf(tenant)).toBe("active");
    for (const _ of [1, 2]) {
      await cluster.dropPartition(tenant);
      expect(await traces(tenant)).toEqual([]);
      expect(await cluster.stateOf(tenant)).toBeUndefined();
    }
  });

  test("is made by several at once, and dropped by several at once", async () => {
    const tenant = tenantOf(model);
    const times = [1, 2, 3, 4];
    await Promise.all(
      times.map(async () => {
        await platform.cluster.makePartition(tenant);
        await platform.cluster.migratePartition(tenant, files);
      }),
    );
    await platform.cluster.verifyPartition(tenant);
    await Promise.all(times.map(() => platform.cluster.dropPartition(tenant)));
    expect(await traces(tenant)).toEqual([]);
  });

  test("is made and dropped at the same time, and is then one of both", async () => {
    const tenant = tenantOf(model);
    const { cluster } = platform;
    const made: Promise<unknown>[] = [];
    for (let round = 0; round < 5; round += 1)
      made.push(cluster.makePartition(tenant), cluster.dropPartition(tenant));
    const ends = await Promise.allSettled(made);
    expect(ends.filter(({ status }) => status === "rejected")).toEqual([]);
    await cluster.makePartition(tenant);
    await cluster.migratePartition(tenant, files);
    await cluster.verifyPartition(tenant);
    await cluster.dropPartition(tenant);
    expect(await traces(tenant)).toEqual([]);
  });

  test("is dropped half-made", async () => {
    const tenant = tenantOf(model);
    await platform.cluster.dropPartition(tenant);
    await platform.cluster.makePartition(tenant);
    await platform.cluster.dropPartition(tenant);
    expect(await traces(tenant)).toEqual([]);
  });

  test("is not proven while anything is open", async () => {
    const place = await platform.partition(model);
    await place.migrate(files[0]?.sql ?? "");
    await platform.cluster.verifyPartition(place.tenant);
    for (const [open, close] of [
      [
        "alter table $place.t disable row level security",
        "alter table $place.t enable row level security",
      ],
      ["grant truncate on $place.t to public", "revoke all on $place.t from public"],
      ["create table $place.more (id int)", "drop table $place.more"],
    ]) {
      await place.rows(open ?? "");
      await expect(platform.cluster.verifyPartition(place.tenant)).rejects.toMatchObject({
        code: "table_not_isolated",
      });
      await place.rows(close ?? "");
    }
    await platform.cluster.verifyPartition(place.tenant);
  });
});

describe("a tenant's own database", () => {
  test("is entered by its login alone, and by the same one after a repeat", async () => {
    const tenant = tenantOf("database");
    const { database = "", credentials = "" } = await platform.cluster.makePartition(tenant);
    const login = openLogin(testSecretKey, tenant.id, credentials);
    await enter(login, database);
    const again = await platform.cluster.makePartition(tenant);
    expect(openLogin(testSecretKey, tenant.id, again.credentials ?? "")).toEqual(login);
    await enter(login, database);
    for (const other of [
      platform.clone.dataDatabase,
      "postgres",
      "template1",
      `${platform.clone.dataDatabase}_template`,
    ])
      await expect(enter(login, other)).rejects.toMatchObject({ code: "42501" });
    await platform.cluster.dropPartition(tenant);
  });

  test("takes over a login and a database that were left behind", async () => {
    const tenant = tenantOf("database");
    const { database = "" } = await platform.cluster.makePartition(tenant);
    await withClient(platform.clone.databaseUrl, async (client) => {
      await client.query(`drop database ${database}`);
      await client.query(`alter role ${database} nologin superuser password 'another'`);
      await client.query(`alter role ${database} nosuperuser`);
    });
    const { credentials = "" } = await platform.cluster.makePartition(tenant);
    await enter(openLogin(testSecretKey, tenant.id, credentials), database);
    await platform.cluster.dropPartition(tenant);
  });

  test("is dropped under its connections", async () => {
    const tenant = tenantOf("database");
    const { database = "" } = await platform.cluster.makePartition(tenant);
    const client = new pg.Client({
      connectionString: withDatabase(platform.clone.databaseUrl, database),
    });
    client.on("error", () => {});
    await client.connect();
    await platform.cluster.dropPartition(tenant);
    await expect(client.query("select 1")).rejects.toThrow();
    expect(await traces(tenant)).toEqual([]);
  });

  test("waits for a session in the template to end", async () => {
    const template = withDatabase(
      platform.clone.databaseUrl,
      `${platform.clone.dataDatabase}_template`,
    );
    const tenant = tenantOf("database");
    const session = withClient(template, () => delay(6_000));
    await delay(100);
    await platform.cluster.makePartition(tenant);
    await session;
    await platform.cluster.dropPartition(tenant);
  });
});

describe("the rows of a shared tenant", () => {
  const tables = `
    create table people (id int primary key, boss int references people on delete restrict);
    create table a (id int primary key, b int);
    create table b (id int primary key, a int not null references a on delete restrict);
    alter table a add constraint to_b foreign key (b) references b;
    create table log (id int generated always as identity, what text);
    create table events (id int, at date, person int references people, primary key (id, at)) partition by range (at);
    create table events_0 partition of events default;
    create table bare (note text);
    create function never() returns trigger language plpgsql as $$ begin raise exception 'rows stay'; end $$;
    create trigger never before delete on b for each row execute function never();
    create function note() returns trigger language plpgsql as $$ begin insert into log (what) values ('gone'); return null; end $$;
    create trigger note after delete on people for each row execute function note();`;
  const fill = `
    insert into people select g, nullif(g - 1, 0) from generate_series(1, 3000) g;
    insert into a select g, null from generate_series(1, 2000) g;
    insert into b select g, g from generate_series(1, 2000) g;
    update a set b = id;
    insert into events select g, date '2026-01-01' + g % 9, g from generate_series(1, 3000) g;
    insert into bare select 'x' from generate_series(1, 10)`;
  const count =
    "select (select count(*) from people)::int + (select count(*) from a) + (select count(*) from b) + (select count(*) from events) + (select count(*) from bare) + (select count(*) from log) as n";

  let place: Partition;
  let neighbour: PartitionTenant;
  beforeAll(async () => {
    place = await platform.partition("shared");
    neighbour = await platform.neighbour();
    await place.migrate(tables);
    await place.as(fill);
    await place.as(fill, neighbour);
  });

  const rowsOf = async (tenant: PartitionTenant) =>
    Number((await place.as<{ n: string }>(count, tenant))[0]?.n);

  test("go whatever refers to what, and those of neighbours stay", async () => {
    const before = await rowsOf(neighbour);
    expect(before).toBe(10_010);
    await platform.cluster.dropPartition(place.tenant);
    expect(await traces(place.tenant)).toEqual([]);
    expect(
      await place.list(
        `select distinct tenant_id from (${["people", "a", "b", "log", "events", "bare"].map((each) => `select tenant_id from app.${each}`).join(" union all ")}) x`,
      ),
    ).toEqual([neighbour.id]);
    expect(await rowsOf(neighbour)).toBe(before);
  });

  test("stay all when anything goes wrong on the way", async () => {
    const before = await rowsOf(neighbour);
    const other = await platform.neighbour();
    await place.client.query(
      `create function app.fail() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
       create trigger fail before delete on app.bare for each row execute function app.fail();
       alter table app.bare enable always trigger fail`,
    );
    await expect(platform.cluster.dropPartition(neighbour)).rejects.toThrow("no");
    await place.client.query("drop trigger fail on app.bare; drop function app.fail");
    expect(await rowsOf(neighbour)).toBe(before);
    await platform.cluster.dropPartition(other);
    await platform.cluster.dropPartition(neighbour);
    expect(await place.list("select count(*)::int from app.people")).toEqual([0]);
  });
});

test("to isolate a schema, the large catalogues are asked by index alone", async () => {
  const { client, tenant } = await platform.partition("schema");
  const place = `t_${tenant.id.replaceAll("-", "")}`;
  await client.query("begin");
  await client.query(`set local role ${platform.roles.owner}; set local search_path = ${place}`);
  await client.query(
    `create table a (id bigint primary key, b text unique); create table c (id serial primary key, a bigint references a);
     create index on c (a); create view v as select b from a`,
  );
  const large = [
    "class",
    "attribute",
    "attrdef",
    "constraint",
    "index",
    "depend",
    "type",
    "policy",
    "proc",
    "trigger",
  ];
  const scans = async () => {
    const { rows } = await client.query<{ name: string; scans: number }>(
      "select c::text as name, pg_stat_get_xact_numscans(c)::int as scans from unnest($1::regclass[]) c",
      [large.map((name) => `pg_catalog.pg_${name}`)],
    );
    return rows;
  };
  const before = await scans();
  const { rows } = await client.query("select hestia.settle($1)::text as made", [place]);
  expect(rows).toEqual([{ made: "{a,c}" }]);
  expect(await scans()).toEqual(before);
  await client.query("rollback");
});

test("a database that does not answer is said to be unavailable, and the process lives on", async () => {
  const place = await platform.partition("schema");
  const waiting = platform.cluster.migratePartition(place.tenant, [
    migrationFile("tenant", "1.sql", "select pg_sleep(20);"),
  ]);
  waiting.catch(() => {});
  await delay(300);
  await withClient(platform.clone.databaseUrl, (client) =>
    client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'hestia'",
      [platform.clone.dataDatabase],
    ),
  );
  await expect(waiting).rejects.toMatchObject({ code: "database_unavailable" });
  await platform.cluster.check();
});
