// What stands around tables: views, functions, triggers, grants, policies, owners; what may stay and what is refused.

import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());

describe.each(["shared", "schema"] as const)("a migration of a %s tenant", (model) => {
  let place: Partition;
  beforeEach(async () => {
    place = await platform.partition(model);
  });

  const neighbourSees = async (text: string) =>
    model === "shared" ? place.as(text, await platform.neighbour()) : [];

  test("has views read with the rights of who reads, also through other views", async () => {
    await place.migrate(`
      create table t (id int primary key, n int);
      create view all_t as select * from t;
      create view big as select * from all_t where n > 10;
      create view small as select id, n from t where n < 10 with check option;
      create view mine with (security_barrier) as select id from t;
      create view theirs with (security_invoker = off) as select id from t;
      create view sums as select n, count(*)::int as count from t group by n;
      create recursive view r (n) as values (1) union all select n + 1 from r where n < 3;`);
    expect(await place.faults()).toEqual([]);
    await place.as(
      "insert into t values (1, 5); insert into all_t values (2, 50); insert into small values (3, 3)",
    );
    await expect(place.as("insert into small values (4, 99)")).rejects.toMatchObject({
      code: "44000",
    });
    expect(await place.as("select id from big")).toEqual([{ id: 2 }]);
    expect(await place.as("select id from theirs order by id")).toHaveLength(3);
    for (const view of ["all_t", "big", "small", "mine", "theirs", "sums"])
      expect(await neighbourSees(`select * from ${view}`)).toEqual([]);
    await place.as("update big set n = 11; delete from small where id = 3");
    expect(await place.as("select n from t order by id")).toEqual([{ n: 5 }, { n: 11 }]);
  });

  test("mends a view that a later file has loosened or made again", async () => {
    await place.migrate("create table t (id int); create view v as select id from t;");
    await place.migrate(
      "alter view v set (security_invoker = off); grant select on v to public; create or replace view w as select * from v; ",
    );
    expect(await place.faults()).toEqual([]);
  });

  test("never grants a materialised view", async () => {
    await place.migrate(`
      create table t (id int);
      create materialized view m as select * from t;
      create unique index on m (id);
      grant select on m to public;`);
    expect(await place.faults()).toEqual([]);
    await expect(place.as("select * from m")).rejects.toMatchObject({ code: "42501" });
  });

  test("grants functions, but never those that run with their owner's rights", async () => {
    await place.migrate(`
      create table t (id int);
      create function plain() returns int language sql as 'select count(*)::int from t';
      create function block(n int default 1) returns int language plpgsql as $$ begin return n + 1; end $$;
      create function atomic() returns int begin atomic select case when true then 7 end; end;
      create procedure act() language sql as 'insert into t values (1)';
      create aggregate product (int) (sfunc = int4mul, stype = int, initcond = '1');
      create function above() returns int language sql security definer as 'select 1';
      grant execute on function above() to public;`);
    expect(
      await place.as("select plain(), block(), atomic(), product(g) from generate_series(2, 4) g"),
    ).toEqual([{ plain: 0, block: 2, atomic: 7, product: 24 }]);
    await place.as("call act()");
    await expect(place.as("select above()")).rejects.toMatchObject({ code: "42501" });
    await place.migrate(
      "create or replace function plain() returns int language sql security definer as 'select 2';",
    );
    await expect(place.as("select plain()")).rejects.toMatchObject({ code: "42501" });
  });

  test("fires triggers, in the scope of the statement that fires them", async () => {
    await place.migrate(`
      create table t (id int primary key, n int);
      create table log (id int generated always as identity, what text, n bigint);
      create function note() returns trigger language plpgsql as $$
        begin
          insert into log (what, n) select tg_op, count(*) from t;
          return coalesce(new, old);
        end $$;
      create function note_above() returns trigger language plpgsql security definer as $$
        begin
          execute format('insert into %I.log (what, n) select ''above'', count(*) from %1$I.t', tg_table_schema);
          return null;
        end $$;
      create trigger before before insert or update on t for each row execute function note();
      create trigger above after insert on t execute function note_above();
      create constraint trigger late after delete on t deferrable initially deferred for each row execute function note();`);
    if (model === "shared")
      await place.as("insert into t values (7, 7), (8, 8)", await platform.neighbour());
    await place.as("insert into t values (1, 1)");
    await place.as("update t set n = 2; delete from t");
    expect(await place.as("select what, n::int from log order by id")).toEqual([
      { what: "INSERT", n: 0 },
      { what: "above", n: 1 },
      { what: "UPDATE", n: 1 },
      { what: "DELETE", n: 0 },
    ]);
    await expect(place.as("select note()")).rejects.toMatchObject({
      code: expect.stringMatching(/42501|0A000/),
    });
  });

  test("takes back what a file grants", async () => {
    await place.migrate(`
      create table t (id int generated always as identity, n int);
      create table u (id int);`);
    await place.migrate(`
      grant all on t to public;
      grant select (id) on u to public;
      grant truncate, trigger, references on u to ${place.roles.app};
      grant select on t to ${place.roles.app} with grant option;
      grant usage on sequence t_id_seq to ${place.roles.app};`);
    expect(await place.faults()).toEqual([]);
    await expect(place.as("truncate t")).rejects.toMatchObject({ code: "42501" });
    await expect(place.as("select nextval('t_id_seq')")).rejects.toMatchObject({ code: "42501" });
    await place.migrate(`revoke insert on t from ${place.roles.app};`);
    await place.as("insert into t (n) values (1)");
  });

  test("locks again what a file has opened", async () => {
    await place.migrate(
      "create table t (id int); create table u (id int); create table v (id int);",
    );
    await place.as("insert into t values (1); insert into u values (1); insert into v values (1)");
    await place.migrate(`
      alter table t disable row level security;
      alter table u no force row level security;
      alter policy hestia_tenant on v using (true) with check (true);
      drop policy hestia_tenant on u;
      create policy hestia_tenant on u for delete to public using (true);`);
    expect(await place.faults()).toEqual([]);
    for (const table of ["t", "u", "v"]) {
      expect(await neighbourSees(`select * from ${table}`)).toEqual([]);
      expect(await neighbourSees(`delete from ${table} returning id`)).toEqual([]);
      expect(await place.as(`select id from ${table}`)).toEqual([{ id: 1 }]);
    }
  });

  test("isolates tables that enum types, defaults and likes are made from", async () => {
    await place.migrate(`
      create type mood as enum ('a');
      create table t (id int primary key, mood mood, kind text collate "C");
      create table copy (like t including all);
      create table picked as select id, 'x'::text as x from t;
      create unlogged table quick (id int);`);
    await place.migrate(
      "alter type mood add value 'b'; create table later (like t including all);",
    );
    expect(await place.faults()).toEqual([]);
    await place.as("insert into later (id, mood) values (1, 'b')");
  });

  test("takes temporary tables for what they are", async () => {
    await place.migrate(
      "create temporary table work as select 1 as n; create table t (id int); insert into work values (2);",
    );
    await place.migrate(
      "create temporary table work (m int); create temporary table t2 (id int) on commit drop;",
    );
    expect(await place.faults()).toEqual([]);
  });

  test.each([
    [
      "create schema reports; create table reports.t (id int);",
      "The table reports.t cannot be isolated: it stands in the schema reports (tenant/0001.sql); leave the schema out of its name.",
    ],
    [
      "create table public.t (id int);",
      "The table public.t cannot be isolated: it stands in the schema public (tenant/0001.sql); leave the schema out of its name.",
    ],
    [
      "create table extensions.t (id int);",
      "The table extensions.t cannot be isolated: it stands in the schema extensions",
    ],
    [
      "create table hestia.t (id int); select hestia.isolate('hestia.t');",
      "The table hestia.t cannot be isolated: it stands in the schema hestia, which is not a tenant's (tenant/0001.sql, line 1); leave",
    ],
    [
      "create table shared.t (id int);",
      "The table shared.t cannot be isolated: it stands in the schema shared (tenant/0001.sql); create it in a migration of the folder shared/.",
    ],
    [
      "create table shared.t (id int); select hestia.isolate('shared.t');",
      "it stands in the schema shared, which is not a tenant's",
    ],
    [
      "create table t (id int); select hestia.share('t');",
      "The migration tenant/0001.sql failed and changed nothing: table t cannot be shared: it stands among the tenants' tables, line 1; create it in a migration of the folder shared/.",
    ],
    [
      "create table t (id int);\nalter table t set schema public;",
      "The table public.t cannot be isolated: it stands in the schema public",
    ],
    [
      "create table p (id int); create table t (n int) inherits (p);",
      "cannot be isolated: it inherits, or is inherited from (tenant/0001.sql); use partitions, or plain tables.",
    ],
    [
      "create table t (id int); create rule r as on insert to t do instead nothing;",
      "The table t cannot be isolated: it has rules, which run with other rights than their caller's (tenant/0001.sql); use triggers.",
    ],
    [
      "create table t (id int); create view v as select 1 as n; create rule r as on insert to v do instead delete from t;",
      "The table v cannot be isolated: the rule runs with other rights than its caller's (r) (tenant/0001.sql)",
    ],
    [
      "create table t (id int); alter table t enable row level security; create policy mine on t using (true);",
      "The table t cannot be isolated: it has a policy of its own, mine, which could let other tenants' rows through (tenant/0001.sql); drop it, and write",
    ],
    [
      "create temporary table t (id int);\n\nselect hestia.isolate('t');",
      "it is temporary (tenant/0001.sql, line 3); make it a plain table",
    ],
    [
      "create view v as select 1 as n; select hestia.isolate('v');",
      "The table v cannot be isolated: it is not a table (tenant/0001.sql, line 1); isolate the tables below it: views need nothing.",
    ],
    [
      "create table a (id int, part int, primary key (id, part)); create table b (id int, part int, foreign key (id, part) references a match full);",
      "The table b cannot be isolated: foreign key b_id_part_fkey is MATCH FULL (tenant/0001.sql); use the default MATCH SIMPLE",
    ],
    [
      "create table a (id int primary key); create table b (id int references a on update set null);",
      'foreign key b_id_fkey would empty tenant_id when its target\'s key changes (tenant/0001.sql); use "on update cascade", or leave it out.',
    ],
    [
      "create table a (tenant_id uuid, id int, primary key (tenant_id, id)); create table b (tenant_id uuid, a int, foreign key (tenant_id, a) references a on delete set null);",
      'foreign key b_tenant_id_a_fkey would empty tenant_id when its target is deleted (tenant/0001.sql); name the other columns, as in "on delete set null (customer_id)".',
    ],
    [
      "create table a (id uuid primary key); create table b (tenant_id uuid references a);",
      "The table b cannot be isolated: foreign key b_tenant_id_fkey pairs tenant_id with another column (tenant/0001.sql); pair tenant_id with tenant_id, or leave it out: it is added.",
    ],
    [
      "create table t (tenant_id uuid references hestia.tenants, id int);",
      "foreign key t_tenant_id_fkey refers to hestia.tenants, in another schema (tenant/0001.sql); refer to tables of the same tenant or to shared ones",
    ],
    [
      "create extension citext;",
      'The migration tenant/0001.sql failed and changed nothing: the extension citext: it stands among the tenants\' tables, and the database can have it once only; write "create extension if not exists citext schema extensions".',
    ],
    [
      "alter default privileges grant select on tables to public;",
      "default privileges: they would grant what is created later; leave ALTER DEFAULT PRIVILEGES out: the runner grants what tenants need.",
    ],
    [
      "alter default privileges grant execute on functions to public;",
      "default privileges: they would grant",
    ],
  ])("refuses %s", async (sql, message) => {
    expect(await place.refusal(sql)).toContain(message);
  });

  test("refuses to open its schema to tenants", async () => {
    expect(await place.refusal(`grant create on schema ${place.place} to public;`)).toContain(
      `the schema ${place.place}: tenants may create objects in it; grant nothing on it.`,
    );
  });

  test("refuses a table in another place of tenants", async () => {
    const other = model === "shared" ? await platform.partition("schema") : { place: "app" };
    const sql = `create table ${other.place}.stray (id int);`;
    if (model === "schema")
      expect(await place.refusal(sql)).toContain(
        "The table stray cannot be isolated: it stands in the schema app, not in the one that is migrated (tenant/0001.sql); leave the schema out of its name.",
      );
    else {
      await (other as Partition).migrate("create table theirs (id int primary key);");
      expect(
        await place.refusal(`create table t (id int references ${other.place}.theirs);`),
      ).toMatch(/number of referencing|there is no unique constraint/);
      expect(
        await place.refusal(
          `create table t (tenant_id uuid, id int, foreign key (tenant_id, id) references ${other.place}.theirs);`,
        ),
      ).toContain("in another schema");
    }
  });

  test("refuses a plain reference to a table that is isolated already, and says what to write", async () => {
    await place.migrate("create table a (id int primary key);");
    expect(
      await place.refusal("-- x\ncreate table b (id int primary key,\n  a int references a (id));"),
    ).toBe(
      'The migration tenant/0002.sql failed and changed nothing: there is no unique constraint matching given keys for referenced table "a", line 2; its target has tenant_id in front of its key already, so write "select hestia.isolate(…)" for the new table, and then "alter table … add foreign key (tenant_id, …) references …".',
    );
    await place.migrate(`
      create table b (id int primary key, a int);
      select hestia.isolate('b');
      alter table b add foreign key (tenant_id, a) references a on delete cascade;`);
  });
});

test("a place that an administrator has opened by hand is found out by the next migration", async () => {
  const place = await platform.partition("schema");
  await place.migrate("create table t (id int);");
  await place.client.query(`alter table ${place.place}.t owner to postgres`);
  expect(await place.refusal("create table u (id int);")).toMatch(
    /it does not belong to the role of the owner|must be owner of table t/,
  );
});

test("an administrator brings back what was loosened by hand, other policies and all", async () => {
  const place = await platform.partition("schema");
  await place.migrate("create table t (id int primary key); create view v as select * from t;");
  await place.client.query(`
    create policy open on ${place.place}.t using (true);
    alter table ${place.place}.t no force row level security;
    grant truncate on ${place.place}.t to public;
    alter table ${place.place}.t drop constraint hestia_tenant_check;`);
  await place.client.query(`set role ${place.roles.owner}`);
  await place.client.query(`select hestia.isolate('${place.place}.t')`);
  await place.client.query("reset role");
  expect(await place.faults()).toEqual([]);
});
