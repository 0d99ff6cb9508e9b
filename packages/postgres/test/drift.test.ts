// The drift report: every kind of object that somebody could have changed by hand is named, and nothing is named that nobody
// changed.

import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Model } from "../src/cluster/drift.ts";
import { migrationFile } from "../src/cluster/migration-files.ts";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

const files = [
  `create type mood as enum ('well', 'ill');
   create domain short as text check (length(value) < 10);
   create type pair as (a int, b int);
   create table customers (id bigint primary key, email text not null unique, country text references countries, mood mood default 'well');
   create table orders (id serial primary key, customer bigint references customers on delete set null, note short, n int generated always as identity,
     twice int generated always as (n * 2) stored, site text default 'https://app.example', exclude (n with =));
   create index on orders (lower(note)) where n > 3;
   create statistics orders_both on id, customer from orders;
   create view big as select id, note, n from orders where n > 10;
   create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
   create function total(n int) returns int language sql stable as $$ select n + 1 $$;
   create trigger touched before update on orders for each row execute function touch();
   create table events (id int, at date not null, primary key (id, at)) partition by range (at);
   create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
  "alter table orders add extra int not null default 5;",
  "alter table orders drop column twice; alter table customers add check (email <> '');",
  "-- hestia: no-transaction\ncreate index concurrently orders_customer on orders (customer);",
].map((sql, index) => migrationFile("tenant", `000${index + 1}.sql`, sql));

let platform: Platform;
let model: Model;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
  await platform.cluster.migrateShared(platform.sharedFiles);
  model = await platform.cluster.fleet.modelOf([...platform.sharedFiles, ...files]);
});
afterAll(() => platform?.close());

async function driftOf({ tenant, place, database }: Partition, full: boolean) {
  const [found] = await platform.cluster.fleet.drift(
    [{ target: tenant.id, place, tenantId: tenant.id }],
    { model, full, isPinned: tenant.isolation !== "shared", database },
  );
  return found?.differences.map(({ state, kind, name }) => `${state} ${kind} ${name}`) ?? [];
}

describe.each(isolationModels)("%s tenants", (isolation) => {
  test("that were made at once or brought up file by file are as their migrations make them", async () => {
    const fresh = await platform.partition(isolation);
    await platform.cluster.migratePartition(fresh.tenant, [...platform.sharedFiles, ...files]);
    for (const full of [false, true]) expect(await driftOf(fresh, full)).toEqual([]);
    const upgraded = await platform.partition(isolation);
    await platform.cluster.setState(upgraded.tenant, "active");
    for (let count = 1; count <= files.length; count += 1)
      await platform.cluster.migratePartition(upgraded.tenant, [
        ...platform.sharedFiles,
        ...files.slice(0, count),
      ]);
    for (const full of [false, true]) expect(await driftOf(upgraded, full)).toEqual([]);
  });
});

describe("what somebody changed by hand", () => {
  let place: Partition;
  beforeAll(async () => {
    place = await platform.partition("schema");
    await platform.cluster.migratePartition(place.tenant, files);
  });

  test.each([
    ["alter table orders add more int", "extra column orders.more"],
    ["alter table orders drop column extra", "missing column orders.extra"],
    ["alter table orders alter extra type bigint", "different column orders.extra"],
    ["alter table orders alter extra drop not null", "different column orders.extra"],
    ["alter table orders alter extra drop default", "different column orders.extra"],
    ["create table stranger (id int)", "extra table stranger"],
    ["drop table events_2026", "missing table events_2026"],
    ["alter table orders no force row level security", "different table orders"],
    ["alter table orders disable row level security", "different table orders"],
    ["alter table orders owner to current_user", "different table orders"],
    ["alter table orders set (fillfactor = 50)", "different table orders"],
    ["drop index orders_customer", "missing index orders_customer"],
    ["create index stranger on orders (tenant_id, note)", "extra index stranger"],
    [
      "alter table customers drop constraint customers_email_check",
      "missing constraint customers.customers_email_check",
    ],
    [
      "alter table orders drop constraint hestia_tenant_check",
      "missing constraint orders.hestia_tenant_check",
    ],
    ["drop policy hestia_tenant on orders", "missing policy orders.hestia_tenant"],
    ["create policy stranger on orders using (true)", "extra policy orders.stranger"],
    ["drop view big", "missing view big"],
    ["alter view big reset (security_invoker)", "different view big"],
    [
      "create or replace function total(n int) returns int language sql stable as $$ select n + 2 $$",
      "different function total(n integer)",
    ],
    ["alter function total(int) security definer", "different function total(n integer)"],
    ["drop trigger touched on orders", "missing trigger orders.touched"],
    ["alter table orders disable trigger touched", "different trigger orders.touched"],
    ["alter type mood add value 'so so'", "different type mood"],
    ["create type stranger as enum ('a')", "extra type stranger"],
    ["drop statistics orders_both", "missing statistics orders_both"],
    ["alter sequence orders_id_seq increment 7", "different sequence orders_id_seq values"],
    ["revoke update on orders from $app", "different grants orders"],
    ["grant truncate on orders to $app", "different grants orders"],
    ["grant create on schema $place to $app", "different grants schema"],
    [
      "create rule stranger as on delete to customers do instead nothing",
      "extra rule customers.stranger",
    ],
  ])("is named by both forms: %s", async (change, expected) => {
    await changed(change);
    try {
      for (const full of [false, true])
        expect([full, await driftOf(place, full)]).toEqual([
          full,
          expect.arrayContaining([expected]),
        ]);
    } finally {
      await remake();
    }
  });

  test.each([
    ["alter table orders alter extra set default 6", "different column orders.extra"],
    [
      "alter table customers drop constraint customers_email_check, add constraint customers_email_check check (email <> 'x')",
      "different constraint customers.customers_email_check",
    ],
    [
      "create or replace view big with (security_invoker = true) as select id, note, n from orders where n > 11",
      "different view big",
    ],
  ])(
    "is named by the full form where the catalogue's rows do not tell: %s",
    async (change, expected) => {
      await changed(change);
      try {
        expect(await driftOf(place, true)).toEqual(expect.arrayContaining([expected]));
      } finally {
        await remake();
      }
    },
  );

  async function changed(sql: string) {
    const text = sql.replaceAll("$app", platform.roles.app).replaceAll("$place", place.place);
    await place.client.query(`set search_path = ${place.place}; ${text}`);
  }

  async function remake() {
    await place.client.query("reset search_path");
    place = await platform.partition("schema");
    await platform.cluster.migratePartition(place.tenant, files);
  }
});
