// What becomes of columns: the tenant's own, those that sequences fill, generated ones and those that checks guard.

import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());

const columns = (table: string) =>
  `select concat_ws(' ', attname, format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
     pg_get_expr(adbin, adrelid)) from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attrelid = '$place.${table}'::regclass and attnum > 0 and not attisdropped order by attnum`;

const tenantId =
  "tenant_id uuid not null (NULLIF(current_setting('hestia.tenant'::text, true), ''::text))::uuid";

describe.each(["shared", "schema"] as const)("a migration of a %s tenant", (model) => {
  let place: Partition;
  beforeEach(async () => {
    place = await platform.partition(model);
  });

  test("adds the tenant, or brings the author's column to the same shape", async () => {
    await place.migrate(`
      create table none (id int);
      create table bare (tenant_id uuid, id int);
      create table own (tenant_id uuid not null default hestia.tenant_id(), id int);
      create table wrong (tenant_id uuid not null default gen_random_uuid(), id int);`);
    expect(await place.list(columns("none"))).toEqual(["id integer", tenantId]);
    for (const table of ["bare", "own", "wrong"])
      expect(await place.list(columns(table))).toEqual([tenantId, "id integer"]);
    expect(await place.faults()).toEqual([]);
  });

  test("mends the tenant's column when a later file has loosened it", async () => {
    await place.migrate(
      "create table a (id int primary key); create table b (id int); create table c (id int);",
    );
    await place.migrate(`
      alter table a alter tenant_id drop default;
      alter table b alter tenant_id drop not null;
      alter table c alter tenant_id set default 'ffffffff-ffff-ffff-ffff-ffffffffffff';`);
    for (const table of ["a", "b", "c"])
      expect(await place.list(columns(table))).toContain(tenantId);
    expect(await place.faults()).toEqual([]);
  });

  test.each([
    ["tenant_id text", "its column tenant_id is not a plain uuid"],
    ["tenant_id uuid[]", "its column tenant_id is not a plain uuid"],
    ["tenant_id int generated always as identity", "its column tenant_id is not a plain uuid"],
    [
      "id uuid, tenant_id uuid generated always as (id) stored",
      "its column tenant_id is not a plain uuid",
    ],
  ])("refuses a table with %s", async (column, reason) => {
    expect(await place.refusal(`create table t (${column});`)).toBe(
      `The table t cannot be isolated: ${reason} (tenant/0001.sql); rename that column, or leave it out: it is added.`,
    );
  });

  test("turns serial columns into identity columns that go on where they were", async () => {
    await place.migrate(`
      create table t (id bigserial primary key, small smallserial, "Odd" serial, note text);
      alter sequence "t_Odd_seq" increment 10 start 5 minvalue 5 maxvalue 100 restart 25 cycle cache 2;
      select nextval('t_id_seq'), nextval('t_id_seq');`);
    await place.as("insert into t (note) values ('a')");
    await place.as("insert into t (id, note) values (77, 'b')");
    expect(await place.as('select id::int, small, "Odd", note from t order by note')).toEqual([
      { id: 3, small: 1, Odd: 25, note: "a" },
      { id: 77, small: 2, Odd: 35, note: "b" },
    ]);
    expect(
      await place.list(
        "select format('%s %s %s %s', attname, attidentity, seqincrement, seqcycle) from pg_attribute join pg_sequence on seqrelid = pg_get_serial_sequence('$place.t', attname)::regclass where attrelid = '$place.t'::regclass and attidentity <> '' order by 1",
      ),
    ).toEqual(["Odd d 10 t", "id d 1 f", "small d 1 f"]);
  });

  test("adds serial and identity columns to isolated tables with rows", async () => {
    await place.migrate("create table t (id int primary key);");
    const fill = "insert into t select generate_series(1, 3)";
    await place.as(fill);
    const neighbour = model === "shared" ? await platform.neighbour() : undefined;
    if (neighbour) await place.as(fill, neighbour);
    await place.migrate(
      "alter table t add number serial, add more bigint generated always as identity;",
    );
    await place.as("insert into t values (4)");
    const rows = neighbour ? 6 : 3;
    expect(await place.as("select number, more::int from t where id = 4")).toEqual([
      { number: rows + 1, more: rows + 1 },
    ]);
    expect(await place.list("select count(distinct number)::int from $place.t")).toEqual([
      rows + 1,
    ]);
  });

  test.each([
    ["create sequence s; create table t (id bigint not null default nextval('s'));", "s"],
    ["create table t (id serial, other int default nextval('t_id_seq'));", "t_id_seq"],
    ["create sequence s; create table t (id text default 'I-' || nextval('s'));", "s"],
    ["create table t (id serial); alter table t alter id drop not null;", "t_id_seq"],
  ])("refuses %s", async (sql, sequence) => {
    expect(await place.refusal(sql)).toMatch(
      new RegExp(
        `^The table t cannot be isolated: column \\w+ takes its default from the sequence ${sequence}, which tenants may not touch \\(tenant/0001.sql\\); write "bigint generated by default as identity", or use a uuid\\.$`,
      ),
    );
  });

  test("keeps generated columns, checks, defaults and types of the author's own", async () => {
    await place.migrate(`
      create type mood as enum ('well', 'ill');
      create domain positive as int check (value > 0);
      create type pair as (a int, b text);
      create function twice(n int) returns int immutable language sql as 'select n * 2';
      create table t (
        id uuid primary key default gen_random_uuid(),
        n positive default 3 constraint small check (n < 100),
        double int generated always as (twice(n)) stored,
        mood mood default 'well', pair pair default row(1, 'x'), constraint even check (twice(n) % 2 = 0)
      );`);
    await place.as("insert into t default values");
    expect(
      await place.as(
        "select n, double, mood, (pair).b from t where mood = 'well'::mood and n = 3::positive and pair = row(1, 'x')::pair",
      ),
    ).toEqual([{ n: 3, double: 6, mood: "well", b: "x" }]);
    await expect(place.as("insert into t (n) values (200)")).rejects.toMatchObject({
      constraint: "small",
    });
    await expect(place.as("insert into t (n) values (-1)")).rejects.toMatchObject({
      code: "23514",
    });
  });

  test("says what to do about rows that belong to no tenant", async () => {
    const file = "create table t (id int primary key); insert into t values (1);";
    if (model === "schema") {
      await place.migrate(file);
      expect(await place.as("select id from t")).toEqual([{ id: 1 }]);
      return;
    }
    const cure =
      "it has rows that belong to no tenant (tenant/0001.sql); let the application write each tenant's rows, or create the table in a migration of the folder shared/.";
    expect(await place.refusal(file)).toBe(`The table t cannot be isolated: ${cure}`);
    expect(
      await place.refusal(
        "create table t (tenant_id uuid, id int); insert into t (id) values (1);",
      ),
    ).toBe(`The table t cannot be isolated: ${cure}`);
    await place.migrate("create table t (id int primary key);");
    expect(await place.refusal("insert into t values (1);")).toMatch(
      /null value in column "tenant_id" of relation "t" violates not-null constraint, line 1; a row that belongs to no tenant cannot be stored, so name tenant_id, or leave such rows to the application\.$/,
    );
  });

  test("changes rows of all tenants", async () => {
    await place.migrate("create table t (id int primary key, n int);");
    await place.as("insert into t values (1, 1)");
    const neighbour = model === "shared" ? await platform.neighbour() : undefined;
    if (neighbour) await place.as("insert into t values (1, 5)", neighbour);
    await place.migrate(`
      alter table t add column total int;
      update t set total = n * 2;
      alter table t alter total set not null, alter n type bigint using n + 1;
      create table copies (id int);
      insert into copies (id) select 1 where false;
      select hestia.isolate('copies');
      insert into copies (tenant_id, id) select tenant_id, id from t;`);
    expect(await place.as("select n::int, total from t")).toEqual([{ n: 2, total: 2 }]);
    if (neighbour)
      expect(await place.as("select n::int, total from t", neighbour)).toEqual([
        { n: 6, total: 10 },
      ]);
    expect(await place.as("select id from copies")).toEqual([{ id: 1 }]);
  });
});

test("a tenant's own place pins the tenant by a check that no later file can loosen", async () => {
  const place = await platform.partition("schema");
  await place.migrate("create table a (id int); create table b (id int);");
  await place.migrate(
    "alter table a drop constraint hestia_tenant_check; alter table b rename constraint hestia_tenant_check to mine;",
  );
  expect(await place.faults()).toEqual([]);
  const pin = `CHECK ((tenant_id = '${place.tenant.id}'::uuid))`;
  expect(
    await place.list(
      "select pg_get_constraintdef(oid) from pg_constraint where conname = 'hestia_tenant_check' and connamespace = '$place'::regnamespace",
    ),
  ).toEqual([pin, pin]);
});
