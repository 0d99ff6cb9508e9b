// Partitioned tables: the root, its partitions of every kind and depth, and those that come later.

import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());

const events = `
  create table events (id bigint, at date not null, kind text, note text, primary key (id, at)) partition by range (at);
  create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
  create table events_rest partition of events default;
  create index events_kind on events (kind) where note is not null;
  create unique index events_once on events (kind, at);`;

describe.each(["shared", "schema"] as const)("a migration of a %s tenant", (model) => {
  let place: Partition;
  beforeEach(async () => {
    place = await platform.partition(model);
  });

  test("isolates a root with all its partitions, and every index on them", async () => {
    await place.migrate(events);
    expect(await place.faults()).toEqual([]);
    expect((await place.constraints("events")).events_pkey).toBe("PRIMARY KEY (tenant_id, id, at)");
    expect((await place.constraints("events_2026")).events_2026_pkey).toBe(
      "PRIMARY KEY (tenant_id, id, at)",
    );
    expect(await place.indexes("events")).toMatchObject({
      events_kind: "btree (tenant_id, kind) WHERE (note IS NOT NULL)",
      events_once: "UNIQUE btree (tenant_id, kind, at)",
    });
    const sorts = Object.values(await place.indexes("events_rest")).sort();
    expect(sorts).toEqual([
      "UNIQUE btree (tenant_id, id, at)",
      "UNIQUE btree (tenant_id, kind, at)",
      "btree (tenant_id, kind) WHERE (note IS NOT NULL)",
    ]);
    expect(
      await place.list(
        "select relname from pg_class join pg_index on indexrelid = oid where not indisvalid and relnamespace = '$place'::regnamespace",
      ),
    ).toEqual([]);
  });

  test("keeps each tenant to its rows, through the root and in the partitions", async () => {
    await place.migrate(events);
    await place.as("insert into events values (1, '2026-05-01', 'a'), (2, '2030-05-01', 'a')");
    expect(await place.as("select id::int from events order by id")).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
    expect(await place.as("select id::int from events_rest")).toEqual([{ id: 2 }]);
    if (model === "schema") return;
    const neighbour = await platform.neighbour();
    for (const table of ["events", "events_2026", "events_rest"])
      expect(await place.as(`select id from ${table}`, neighbour)).toEqual([]);
    await place.as("insert into events values (1, '2026-05-01', 'a')", neighbour);
    expect(await place.as("delete from events_2026 returning note", neighbour)).toHaveLength(1);
    expect(await place.as("select id from events")).toHaveLength(2);
  });

  test("isolates lists and hashes, partitions of partitions, and the tenant as the key", async () => {
    await place.migrate(`
      create table deep (id int, region text, at date, primary key (id, region, at)) partition by list (region);
      create table deep_eu partition of deep for values in ('eu') partition by range (at);
      create table deep_eu_old partition of deep_eu for values from (minvalue) to ('2020-01-01');
      create table deep_eu_new partition of deep_eu default partition by hash (id);
      create table deep_eu_new_0 partition of deep_eu_new for values with (modulus 2, remainder 0);
      create table deep_eu_new_1 partition of deep_eu_new for values with (modulus 2, remainder 1);
      create table deep_rest partition of deep default;
      create index on deep_eu_new (at);
      create index deep_local on deep_rest (region);
      alter table deep_rest add constraint deep_rest_once unique (id);
      create table spread (tenant_id uuid not null, id int) partition by hash (tenant_id);
      create table spread_0 partition of spread for values with (modulus 1, remainder 0);`);
    expect(await place.faults()).toEqual([]);
    expect(await place.indexes("deep_rest")).toMatchObject({
      deep_local: "btree (tenant_id, region)",
      deep_rest_once: "UNIQUE btree (tenant_id, id)",
    });
    await place.as(
      "insert into deep select g, case when g % 2 = 0 then 'eu' else 'us' end, date '2019-12-30' + g from generate_series(1, 8) g; insert into spread (id) values (1)",
    );
    expect(await place.as("select count(*)::int as n from deep where id > 2")).toEqual([{ n: 6 }]);
    expect(await place.as("select id from spread_0")).toEqual([{ id: 1 }]);
  });

  test("isolates partitions that come later: made, attached and detached", async () => {
    await place.migrate(events);
    await place.as("insert into events values (1, '2026-05-01', 'a')");
    await place.migrate(`
      create table events_2027 partition of events for values from ('2027-01-01') to ('2028-01-01');
      create table events_2028 (like events including all);
      alter table events attach partition events_2028 for values from ('2028-01-01') to ('2029-01-01');`);
    expect(await place.faults()).toEqual([]);
    await place.migrate(
      "create table loose (id bigint, at date not null, kind text, note text, primary key (id, at));",
    );
    await place.migrate(`
      alter table loose add tenant_id_2 int; alter table loose drop tenant_id_2;
      alter table events attach partition loose for values from ('2029-01-01') to ('2030-01-01');
      alter table events detach partition events_2026;
      select hestia.isolate('events_2027');`);
    expect(await place.faults()).toEqual([]);
    expect(await place.as("select id::int from events_2026")).toEqual([{ id: 1 }]);
    expect(await place.as("select id from events")).toEqual([]);
    await place.as(
      "insert into events values (5, '2027-05-01'), (6, '2028-05-01'), (7, '2029-05-01')",
    );
    expect(await place.as("select id::int from events_2028")).toEqual([{ id: 6 }]);
  });

  test("adds indexes and keys to partitioned tables with rows", async () => {
    await place.migrate(events);
    await place.as(
      "insert into events select g, date '2026-12-25' + g, 'k' || g from generate_series(1, 20) g",
    );
    await place.migrate(`
      create index events_note on events (note desc);
      alter table events add unique (at, id);
      create index only_here on events_2026 (kind);
      create index on only events (at);`);
    expect(await place.faults()).toEqual([]);
    expect((await place.indexes("events_2026")).only_here).toBe("btree (tenant_id, kind)");
    expect(
      await place.list(
        "select c.relname from pg_class c join pg_index on indexrelid = c.oid where not indisvalid and relnamespace = '$place'::regnamespace",
      ),
    ).toEqual([]);
  });

  test("joins partitioned tables by foreign keys in both directions", async () => {
    await place.migrate(`
      create table owners (id int primary key);
      create table things (id int primary key, owner int references owners on delete cascade) partition by range (id);
      create table things_0 partition of things for values from (0) to (100);
      create table things_1 partition of things for values from (100) to (200);
      create table parts (id int primary key, thing int references things on delete set null);`);
    expect(await place.faults()).toEqual([]);
    expect(
      (await place.constraints("things_1")).things_owner_fkey ??
        (await place.constraints("things")).things_owner_fkey,
    ).toBe("FOREIGN KEY (tenant_id, owner) REFERENCES owners(tenant_id, id) ON DELETE CASCADE");
    await place.as(
      "insert into owners values (1); insert into things values (5, 1), (150, 1); insert into parts values (1, 150)",
    );
    await place.as("delete from owners");
    expect(await place.as("select * from things")).toEqual([]);
    expect(await place.as("select thing from parts")).toEqual([{ thing: null }]);
  });

  test("fills serial and identity columns of partitioned tables", async () => {
    await place.migrate(`
      create table t (id serial, at date) partition by range (at);
      create table t_0 partition of t default;
      insert into t (at) select '2026-01-01' where false;`);
    expect(await place.faults()).toEqual([]);
    await place.as("insert into t (at) values ('2026-01-01'), ('2026-01-02')");
    expect(await place.as("select id from t order by id")).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test("refuses a partition that is a foreign table", async () => {
    await place.client.query(
      "create extension if not exists postgres_fdw schema extensions; create server if not exists elsewhere foreign data wrapper postgres_fdw",
    );
    await place.client.query(`grant usage on foreign server elsewhere to ${place.roles.owner}`);
    expect(
      await place.refusal(`
        create table t (id int, at date) partition by range (at);
        create foreign table t_0 partition of t default server elsewhere;`),
    ).toBe(
      "The table t_0 cannot be isolated: it is a foreign table, whose rows no policy guards (tenant/0001.sql); copy its rows into a plain table.",
    );
  });
});
