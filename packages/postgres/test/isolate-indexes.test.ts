// What becomes of indexes: each is made again with the tenant in front, and keeps everything that its author wrote.

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

  test("keeps columns, order, collations, operator classes, conditions and parameters of btree indexes", async () => {
    await place.migrate(`
      create table t (a int, b text, c text);
      create index plain on t (a, b);
      create index ordered on t (a desc, b collate "C" desc nulls last, c asc nulls first);
      create index patterns on t (b text_pattern_ops, c varchar_pattern_ops desc);
      create unique index once on t (a) include (b, c) where b is not null;
      create unique index nulls on t (b, c) nulls not distinct;
      create index parameters on t (a) with (fillfactor = 50, deduplicate_items = off);
      create index expressions on t (lower(b), (a + 1) desc, (c || ' USING btree ('));
      create index partial on t (a) where c = ' USING btree (tenant' or c = 'CREATE INDEX';
      comment on index plain is 'for starts_with()';`);
    expect(await place.indexes("t")).toEqual({
      plain: "btree (tenant_id, a, b)",
      ordered: 'btree (tenant_id, a DESC, b COLLATE "C" DESC NULLS LAST, c NULLS FIRST)',
      patterns: "btree (tenant_id, b text_pattern_ops, c varchar_pattern_ops DESC)",
      once: "UNIQUE btree (tenant_id, a) INCLUDE (b, c) WHERE (b IS NOT NULL)",
      nulls: "UNIQUE btree (tenant_id, b, c) NULLS NOT DISTINCT",
      parameters: "btree (tenant_id, a) WITH (fillfactor='50', deduplicate_items=off)",
      expressions: "btree (tenant_id, lower(b), ((a + 1)) DESC, ((c || ' USING btree ('::text)))",
      partial:
        "btree (tenant_id, a) WHERE ((c = ' USING btree (tenant'::text) OR (c = 'CREATE INDEX'::text))",
    });
    expect(
      await place.list("select obj_description('$place.plain'::regclass, 'pg_class')"),
    ).toEqual(["for starts_with()"]);
    expect(await place.faults()).toEqual([]);
  });

  test("puts the tenant in front of gin, gist and brin indexes", async () => {
    await place.migrate(`
      create table t (a int, tags text[], body jsonb, words tsvector, during tstzrange, at timestamptz);
      create index gin_1 on t using gin (tags);
      create index gin_2 on t using gin (body jsonb_path_ops, words) with (fastupdate = off);
      create index gist on t using gist (during) where a > 0;
      create index gist_2 on t using gist (words tsvector_ops (siglen = 100)) include (a);
      create index brin on t using brin (at, a int4_bloom_ops (false_positive_rate = 0.05)) with (pages_per_range = 16);`);
    expect(await place.indexes("t")).toEqual({
      gin_1: "gin (tenant_id, tags)",
      gin_2: "gin (tenant_id, body jsonb_path_ops, words) WITH (fastupdate=off)",
      gist: "gist (tenant_id, during) WHERE (a > 0)",
      gist_2: "gist (tenant_id, words tsvector_ops (siglen='100')) INCLUDE (a)",
      brin: "brin (tenant_id, at, a int4_bloom_ops (false_positive_rate='0.05')) WITH (pages_per_range='16')",
    });
    expect(await place.faults()).toEqual([]);
  });

  test("is not misled by any name", async () => {
    const long = "n".repeat(63);
    await place.migrate(`
      create table "USING btree (" (a int, "select" int);
      create index " USING btree (a" on "USING btree (" (a);
      create index "ON app.x USING btree (" on "USING btree (" ("select");
      create unique index "UPPER %s %I $1 \\ ""quoted""" on "USING btree (" ("select", a);
      create table "${long}" ("order" int primary key, "%I" text unique);
      create index "${"i".repeat(63)}" on "${long}" ("%I");`);
    expect(await place.indexes('"USING btree ("')).toEqual({
      " USING btree (a": expect.stringMatching(/btree \(tenant_id, a\)$/),
      "ON app.x USING btree (": expect.stringMatching(/btree \(tenant_id, "select"\)$/),
      'UPPER %s %I $1 \\ "quoted"': expect.stringMatching(/btree \(tenant_id, "select", a\)$/),
    });
    expect(Object.values(await place.indexes(`"${long}"`))).toEqual(
      expect.arrayContaining(['btree (tenant_id, "%I")', 'UNIQUE btree (tenant_id, "order")']),
    );
    expect(await place.faults()).toEqual([]);
  });

  test("lets foreign keys rest on unique indexes", async () => {
    await place.migrate(`
      create table a (id int not null, part int not null);
      create unique index a_key on a (part, id);
      create table b (id int, part int, foreign key (id, part) references a (id, part));`);
    expect((await place.constraints("b")).b_id_part_fkey).toBe(
      "FOREIGN KEY (tenant_id, id, part) REFERENCES a(tenant_id, id, part)",
    );
  });

  test("puts the tenant in front of indexes added later, and finds rows through them", async () => {
    await place.migrate("create table t (id int primary key, n int);");
    await place.as("insert into t select g, g % 10 from generate_series(1, 1000) g");
    await place.migrate("create index t_n on t (n); create unique index on t (n, id) where n > 3;");
    expect(await place.indexes("t")).toMatchObject({ t_n: "btree (tenant_id, n)" });
    await place.client.query(`analyze ${place.place}.t; set enable_seqscan = off`);
    expect(await place.as("select count(*)::int as n from t where n = 5")).toEqual([{ n: 100 }]);
  });

  test.each([
    [
      "create index i on t using hash (a);",
      "The table t cannot be isolated: index i uses hash, which takes one column only, and tenant_id must lead (tenant/0002.sql); use an index method that takes several columns, such as btree.",
    ],
    ["create index i on t using spgist (b);", "index i uses spgist, which takes one column only"],
    [
      "alter table t add constraint e exclude using hash (a with =);",
      "constraint e uses hash, which takes one column only",
    ],
    [
      "create index i on t (a, tenant_id);",
      "index i names tenant_id, but not first (tenant/0002.sql); put tenant_id first, or leave it out: it is added.",
    ],
    [
      "alter table t add exclude using gist (a with =, tenant_id with =);",
      'exclusion constraint t_a_tenant_id_excl does not lead with tenant_id (tenant/0002.sql); put "tenant_id with =" first',
    ],
  ])("refuses %s", async (sql, message) => {
    await place.migrate("create table t (a int, b text);");
    expect(await place.refusal(sql)).toContain(message);
  });

  test("refuses gin and gist indexes where their extensions are missing, and says how to have them", async () => {
    await place.migrate("create table t (a int[], b int4range);");
    await place.client.query("drop extension btree_gin, btree_gist cascade");
    try {
      expect(await place.refusal("create index i on t using gin (a);")).toContain(
        'index i uses gin, which cannot hold a uuid here, and tenant_id must lead (tenant/0002.sql); ask the database\'s administrator for "create extension btree_gin".',
      );
      expect(await place.refusal("create index i on t using gist (b);")).toContain("btree_gist");
    } finally {
      await place.client.query(
        "create extension btree_gin schema extensions; create extension btree_gist schema extensions",
      );
    }
  });

  test("refuses a view that rests on a key which must change", async () => {
    expect(
      await place.refusal(`
        create table t (id int primary key, a int, b int);
        create view sums as select id, a, b, count(*) from t group by id;`),
    ).toBe(
      `The table t cannot be isolated: its key t_pkey must get tenant_id in front, but view ${place.place}.sums depends on constraint t_pkey on table ${place.place}.t (tenant/0001.sql); group that view by every column that it shows.`,
    );
  });

  test("refuses CONCURRENTLY and says what to write", async () => {
    await place.migrate("create table t (a int);");
    expect(await place.refusal("create index\n  concurrently i on t (a);")).toBe(
      'The migration tenant/0002.sql failed and changed nothing: CREATE INDEX CONCURRENTLY cannot run inside a transaction block, line 1; give it a file of its own whose first line is "-- hestia: no-transaction", since every other file runs in a transaction.',
    );
  });
});
