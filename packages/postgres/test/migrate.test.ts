// The runner of migrations: order, ledger, what it refuses to run, who else runs at the same time, and what is said of failures.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isolationModels, makeId } from "@hestia/core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { PartitionTenant } from "../src/cluster/cluster.ts";
import { applyMigrations } from "../src/cluster/migrate.ts";
import { migrationFile, readMigrations } from "../src/cluster/migration-files.ts";
import type { Patience } from "../src/cluster/migration-target.ts";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
let place: Partition;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());
beforeEach(async () => {
  place = await platform.partition("schema");
});

const file = (name: string, sql: string) => migrationFile("tenant", name, sql);
const migrate = (...files: ReturnType<typeof file>[]) =>
  platform.cluster.migratePartition(place.tenant, files);

describe("the ledger", () => {
  test("has files applied in the order of their names, whatever order they are given in, and once", async () => {
    const files = [
      file("0010_c.sql", "alter table t add c int;"),
      file("0001_a.sql", "create table t (a int);"),
      file("0002_B.sql", "alter table t add b int;"),
    ];
    expect(await migrate(...files)).toEqual({
      applied: ["0001_a.sql", "0002_B.sql", "0010_c.sql"],
    });
    expect(await migrate(...files)).toEqual({ applied: [] });
    const ledger = await platform.cluster.ledgerOf(place.tenant);
    expect(ledger.map(({ place, set, name }) => ({ place, set, name }))).toEqual(
      ["0001_a.sql", "0002_B.sql", "0010_c.sql"].map((name) => ({
        place: place.place,
        set: "tenant",
        name,
      })),
    );
    expect(
      await place.list(
        `select count(*)::int from hestia.migrations where place = '${place.place}' and duration_ms > 0`,
      ),
    ).toEqual([3]);
  });

  test("is each target's own", async () => {
    const other = await platform.partition("schema");
    await migrate(file("0001.sql", "create table t (id int);"));
    expect(await platform.cluster.ledgerOf(other.tenant)).toEqual([]);
    expect(
      await platform.cluster.migratePartition(other.tenant, [
        file("0001.sql", "create table t (id int);"),
      ]),
    ).toEqual({ applied: ["0001.sql"] });
  });

  test("tells of progress", async () => {
    const seen: unknown[] = [];
    await platform.cluster.migratePartition(
      place.tenant,
      [file("1.sql", ""), file("2.sql", "")],
      (...each) => seen.push(each),
    );
    expect(seen).toEqual([
      [1, 2, "1.sql"],
      [2, 2, "2.sql"],
    ]);
  });

  test("refuses a file that was changed, is missing or comes too late, and applies nothing", async () => {
    const [one, two] = [file("0001.sql", "create table t (id int);"), file("0003.sql", "")];
    await migrate(one, two);
    await expect(
      migrate(file("0001.sql", "create table t (id bigint);"), two),
    ).rejects.toMatchObject({
      code: "migration_changed",
      message:
        "The migration tenant/0001.sql differs from what was stored; restore it and add a new file instead.",
    });
    await expect(migrate(two, file("0004.sql", "create table u (id int);"))).rejects.toMatchObject({
      code: "migration_missing",
      message: "The migration tenant/0001.sql was applied before and is missing now; put it back.",
    });
    await expect(
      migrate(one, file("0002.sql", "create table u (id int);"), two),
    ).rejects.toMatchObject({
      code: "migration_failed",
      message:
        "The migration tenant/0002.sql failed and changed nothing: 0003.sql was applied before it, so give it a name that sorts behind that.",
    });
    expect(
      await place.list(
        "select relname from pg_class where relnamespace = '$place'::regnamespace and relkind = 'r'",
      ),
    ).toEqual(["t"]);
  });

  test("does not mind how an editor or git writes the ends of lines", async () => {
    await migrate(file("0001.sql", "create table t (id int);\n-- x\n"));
    expect(await migrate(file("0001.sql", "\uFEFFcreate table t (id int);\r\n-- x\r\n"))).toEqual({
      applied: [],
    });
  });
});

describe("a file", () => {
  test.each([
    ["with nothing in it", ""],
    ["with comments only", "-- nothing\n/* and nothing */\n;"],
    [
      "with a byte order mark and Windows' ends of lines",
      "\uFEFFcreate table t (id int);\r\ncreate table u (id int);\r\n",
    ],
    ["of many megabytes", `create table t (id int, note text); select '${"x".repeat(8e6)}';`],
    ["of many statements", Array.from({ length: 2000 }, (_, n) => `select ${n};`).join("\n")],
    [
      "with everything that a transaction allows",
      "savepoint a; create table t (id int); rollback to a; release a; create table t (id int); set constraints all deferred; set local work_mem = '8MB';",
    ],
  ])("%s is applied", async (_, sql) => {
    await place.migrate(sql);
    expect(await place.faults()).toEqual([]);
  });

  test.each([
    [
      "create table t (id int);\ncommit;\ncreate table u (id int);",
      "line 2: COMMIT is not for migrations: the runner gives every file a transaction of its own, so leave it out, or cut the file in two.",
    ],
    [
      "create table t (id int); set role postgres;",
      "line 1: SET ROLE is not for migrations: the runner chooses the role that owns what is made, so leave it out.",
    ],
    [
      "set search_path = public; create table t (id int);",
      "line 1: SET SEARCH_PATH is not for migrations: the runner chooses the schema, a different one for each tenant, so leave it out and name tables without a schema.",
    ],
    [
      "create table t (id int);\n\n\\d t\n",
      "line 3: \\d is a command of psql, which PostgreSQL does not know, so write SQL instead.",
    ],
    [
      "create table t (id int);\ncopy t from stdin;\n1\n\\.\n",
      "line 2: COPY … FROM STDIN is not for migrations: a file has no input, so write the rows as INSERT … VALUES.",
    ],
    [
      "create table t (id int);\n\nselect set_config('search_path', 'public', true);",
      "it ends with another search_path than it began with, so what it made may be in the wrong place; leave search_path as it is.",
    ],
    [
      "create table t (id int); do $$ begin perform set_config('role', 'none', true); end $$;",
      "it ends with another role than it began with, so what it made may be in the wrong place; leave role as it is.",
    ],
    [
      "create table t (id int);\ndo $$ begin commit; end $$;",
      "invalid transaction termination, line 2.",
    ],
    [
      "create table t (id int);\nvacuum;",
      'VACUUM cannot run inside a transaction block, line 2; give it a file of its own whose first line is "-- hestia: no-transaction", since every other file runs in a transaction.',
    ],
    [
      "create table t (id int);\n\nselect '😀😀',\n  from where;",
      'syntax error at or near "from", line 4.',
    ],
    ["create table t (id int);\n\n  select 1 / 0;\nselect 1;", "division by zero, line 3."],
    [
      "create table t (id int); -- one\ncreate table u (id int);;\n/* two */\n\n\ncreate table t (id int);",
      'relation "t" already exists, line 6.',
    ],
    [
      "create function f() returns int language plpgsql as $$\nbegin\n  return 1 +;\nend $$;",
      "syntax error at end of input, line 3.",
    ],
    ["select 1;\nselect nothing from pg_class;", 'column "nothing" does not exist, line 2.'],
    ["create role mine;", "permission denied to create role"],
    ["copy (select 1) to program 'id';", "COPY to or from an external program"],
  ])("%s is refused", async (sql, problem) => {
    const message = await place.refusal(sql);
    expect(message).toContain(`The migration tenant/0001.sql failed and changed nothing: `);
    expect(message).toContain(problem);
  });

  test("leaves nothing in the session for the next one", async () => {
    await place.migrate(`
      set statement_timeout = '300ms'; set default_transaction_read_only = on; prepare mine as select 1;
      create temporary table t (id int); declare c cursor with hold for select 1; listen x;
      select pg_advisory_lock(1);`);
    await place.migrate(
      "select pg_sleep(0.4); prepare mine as select 2; create table t (id int); create temporary table u (id int); declare c cursor with hold for select 1;",
    );
    const { rows } = await place.client.query(
      "select from pg_locks where locktype = 'advisory' and objid = 1 and database = (select oid from pg_database where datname = current_database())",
    );
    expect(rows).toEqual([]);
    expect(
      await place.list(
        "select relname from pg_class where relnamespace = '$place'::regnamespace and relkind = 'r'",
      ),
    ).toEqual(["t"]);
  });
});

describe("files in a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hestia-migrations-"));
  });

  test("are read in order, and only SQL in UTF-8", async () => {
    try {
      await expect(readMigrations(folder)).rejects.toMatchObject({ code: "migration_missing" });
      await mkdir(join(folder, "tenant"));
      await writeFile(join(folder, "tenant", "0002.sql"), "select 2");
      await writeFile(join(folder, "tenant", "0001.sql"), Buffer.from("\uFEFFselect 'é'"));
      await writeFile(join(folder, "tenant", "README.md"), "no");
      expect((await readMigrations(folder)).map(({ name, sql }) => [name, sql])).toEqual([
        ["0001.sql", "select 'é'"],
        ["0002.sql", "select 2"],
      ]);
      await writeFile(join(folder, "tenant", "0003.sql"), Buffer.from("select 'é'", "latin1"));
      await expect(readMigrations(folder)).rejects.toMatchObject({
        code: "migration_failed",
        message:
          "The migration tenant/0003.sql failed and changed nothing: it is not text in UTF-8, so save it as UTF-8.",
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("two runners at one target", () => {
  test("apply every file once, and both come out well", async () => {
    const files = [
      file(
        "0001.sql",
        "create table t (id int generated always as identity, n int); select pg_sleep(0.3);",
      ),
      file("0002.sql", `insert into t (n) select 1; select pg_sleep(0.2);`),
      file("0003.sql", "create index on t (n);"),
    ];
    const done = await Promise.all([1, 2, 3].map(() => migrate(...files)));
    expect(done.flatMap(({ applied }) => applied).sort()).toEqual([
      "0001.sql",
      "0002.sql",
      "0003.sql",
    ]);
    expect(await place.as("select id from t")).toEqual([{ id: 1 }]);
  });

  test("leave the second to do what the first could not", async () => {
    const first = migrate(
      file("0001.sql", "create table t (id int); select pg_sleep(0.3); select 1 / 0;"),
    );
    const second = delay(100).then(() => migrate(file("0001.sql", "create table t (id int);")));
    await expect(first).rejects.toMatchObject({ code: "migration_failed" });
    await expect(second).resolves.toEqual({ applied: ["0001.sql"] });
  });

  test("leave many partitions that refer to one shared table in peace", async () => {
    await platform.cluster.migrateShared(platform.sharedFiles);
    const tenants = await Promise.all(
      Array.from({ length: 6 }, () => platform.partition("schema")),
    );
    const files = [
      file(
        "0001.sql",
        "create extension if not exists hstore schema extensions; create table t (id int primary key, code text references countries, h hstore);",
      ),
    ];
    await Promise.all(
      tenants.map(({ tenant }) => platform.cluster.migratePartition(tenant, files)),
    );
    for (const each of tenants) expect(await each.faults()).toEqual([]);
  });
});

test("a connection that is killed midway leaves nothing, and the next run begins anew", async () => {
  const files = [file("0001.sql", "create table t (id int); select pg_sleep(30);")];
  const before = await place.catalogue();
  const running = migrate(...files);
  running.catch(() => {});
  for (let found = 0; found === 0; await delay(20)) {
    const { rows } = await place.client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'create table t (id int); select pg_sleep(30)%'",
    );
    found = rows.length;
  }
  await expect(running).rejects.toMatchObject({ code: "database_unavailable" });
  expect(await place.catalogue()).toBe(before);
  expect(await migrate(file("0001.sql", "create table t (id int);"))).toEqual({
    applied: ["0001.sql"],
  });
});

describe("a table that others hold locked", () => {
  const patience: Patience = { lockTimeoutMs: 50, attempts: 3, pauseMs: 20 };
  const files = [
    file("0001.sql", "create table t (id int);"),
    file("0002.sql", "alter table t add n int;"),
  ];
  const run = () =>
    applyMigrations(place.client, files, {
      place: place.place,
      set: "tenant",
      roles: platform.roles,
      tenantId: place.tenant.id,
      patience,
    });

  test("is tried again, until it is free", async () => {
    await migrate(...files.slice(0, 1));
    const other = await platform.partition("schema");
    await other.client.query(`begin; select from ${place.place}.t`);
    const freed = delay(80).then(() => other.client.query("rollback"));
    expect(await run()).toEqual(["0002.sql"]);
    await freed;
  });

  test("is given up after some attempts, with a sentence that says so", async () => {
    await migrate(...files.slice(0, 1));
    const other = await platform.partition("schema");
    await other.client.query(`begin; select from ${place.place}.t`);
    await expect(run()).rejects.toMatchObject({
      code: "migration_failed",
      message:
        "The migration tenant/0002.sql failed and changed nothing: canceling statement due to lock timeout, line 1; other transactions kept a lock on it through every attempt, so end them, or try again later.",
    });
    await other.client.query("rollback");
    expect(await run()).toEqual(["0002.sql"]);
  });
});

const countries =
  "create table countries (code text primary key, name text); insert into countries values ('ch', 'Switzerland');";

describe("the three models", () => {
  const application = [
    migrationFile("shared", "0001_countries.sql", countries),
    file(
      "0001.sql",
      `
      create type mood as enum ('well', 'ill');
      create table customers (id bigint primary key, email text not null unique, country text references countries, mood mood default 'well');
      create table orders (id serial primary key, customer bigint references customers on delete set null, note text, n int generated always as identity, exclude (n with =));
      create index on orders (lower(note)) where n > 3;
      create table log (id int, at date, primary key (id, at)) partition by range (at);
      create table log_0 partition of log default;
      create view big as select * from orders where n > 10;
      create function total() returns bigint language sql as 'select count(*) from orders';
      comment on column orders.note is 'x';`,
    ),
    file(
      "0002.sql",
      "create table lines (tenant_id uuid not null, id int primary key, o int, foreign key (tenant_id, o) references orders);",
    ),
    file(
      "0003.sql",
      "alter table orders add extra text unique; create index on orders (extra desc nulls last); alter table customers disable row level security;",
    ),
  ];

  const shape = `
    select format('%s %s %s', c.relkind, c.relname, c.relrowsecurity::text || c.relforcerowsecurity::text || coalesce(c.reloptions::text, '')) as text
      from pg_class c where c.relnamespace = '$place'::regnamespace
    union all select format('column %s.%s %s %s %s %s %s %s', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = '$place'::regnamespace
    union all select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace = '$place'::regnamespace and conname <> 'hestia_tenant_check'
    union all select format('index %s', pg_get_indexdef(indexrelid)) from pg_index join pg_class c on c.oid = indexrelid where c.relnamespace = '$place'::regnamespace
    union all select format('policy %s %s %s %s %s', c.relname, polname, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
      from pg_policy join pg_class c on c.oid = polrelid where c.relnamespace = '$place'::regnamespace
    union all select format('acl %s %s', c.relname, c.relacl) from pg_class c where c.relnamespace = '$place'::regnamespace
    union all select format('routine %s %s %s', p.proname, p.proowner::regrole, p.proacl) from pg_proc p where p.pronamespace = '$place'::regnamespace
    union all select format('type %s %s', t.typname, t.typowner::regrole) from pg_type t where t.typnamespace = '$place'::regnamespace
    order by 1`;

  test("get one shape from the same files, whether at once or one after the other", async () => {
    await platform.cluster.migrateShared(application.slice(0, 1));
    const shapes = [];
    for (const model of isolationModels) {
      const each = await platform.partition(model);
      const steps = model === "schema" ? [2, 3, 4] : [4];
      for (const step of steps)
        await platform.cluster.migratePartition(each.tenant, application.slice(0, step));
      expect(await each.faults()).toEqual([]);
      shapes.push(
        (await each.list(shape))
          .join("\n")
          .replaceAll(`${each.place}.`, "place.")
          .replaceAll(`'${each.place}'`, "'place'"),
      );
    }
    expect(shapes[1]).toBe(shapes[0]);
    expect(shapes[2]).toBe(shapes[0]);
    expect(shapes[0]).toContain("constraint orders_pkey PRIMARY KEY (tenant_id, id)");
  });

  test("have the shared tables in a tenant's own database too, kept current before its own", async () => {
    const own = await platform.partition("database");
    const files = application.slice(0, 2);
    expect(await platform.cluster.migratePartition(own.tenant, files)).toEqual({
      applied: ["0001_countries.sql", "0001.sql"],
    });
    const more = migrationFile(
      "shared",
      "0002.sql",
      "insert into countries values ('jp', 'Japan');",
    );
    const uses = file(
      "0002.sql",
      "alter table customers add other text default 'jp' references countries;",
    );
    expect(await platform.cluster.migratePartition(own.tenant, [...files, more, uses])).toEqual({
      applied: ["0002.sql", "0002.sql"],
    });
    expect(await own.as("select count(*)::int as n from countries")).toEqual([{ n: 2 }]);
  });
});

describe("shared migrations", () => {
  let files: ReturnType<typeof file>[];
  beforeAll(async () => {
    platform = await makePlatform(inject("postgresUrl"));
    files = [...platform.sharedFiles];
    await platform.cluster.migrateShared(files);
  });

  async function share(sql: string): Promise<void> {
    const next = [
      ...files,
      migrationFile("shared", `${String(files.length + 1).padStart(4, "0")}.sql`, sql),
    ];
    await platform.cluster.migrateShared(next);
    files = next;
  }

  test("make tables, views and functions that tenants read and call, and do not write", async () => {
    await share(`
      create table rates (code text references countries, rate numeric, id serial);
      create view swiss as select * from rates where code = 'ch';
      create function rate(c text) returns numeric language sql stable as 'select max(rate) from shared.rates where code = c';
      create table parted (id int) partition by range (id);
      create table parted_0 partition of parted default;
      insert into rates values ('ch', 1.5);`);
    await place.migrate(
      "create table t (id int, code text references countries on delete restrict);",
    );
    expect(await place.as("select code, rate('ch')::float as rate from swiss")).toEqual([
      { code: "ch", rate: 1.5 },
    ]);
    expect(await place.as("select * from parted union all select * from parted_0")).toEqual([]);
    for (const write of [
      "insert into countries values ('x', 'x')",
      "update rates set rate = 0",
      "delete from countries",
      "truncate countries",
      "update swiss set rate = 0",
      "insert into parted_0 values (1)",
      "create table shared.t (id int)",
      "select nextval('shared.rates_id_seq')",
    ])
      await expect(place.as(write)).rejects.toMatchObject({ code: "42501" });
  });

  test("take back what a file grants too much", async () => {
    await share(
      `grant all on countries to public, ${platform.roles.app}; grant update (name) on countries to ${platform.roles.app};`,
    );
    await expect(place.as("update countries set name = 'x'")).rejects.toMatchObject({
      code: "42501",
    });
    expect(await place.as("select code from countries")).toEqual([{ code: "ch" }]);
  });

  test.each([
    [
      "create table app.t (id int);",
      "The table t cannot be isolated: it stands in the schema app, not in the one that is migrated",
    ],
    ["create table public.t (id int);", "it stands in the schema public"],
    [
      "create materialized view m as select 1 as n;",
      "table shared.m cannot be shared: it is a materialised view, which keeps rows that no policy guards; use a view, or a table that migrations fill.",
    ],
    [
      "create table t (id int); select hestia.isolate('t');",
      "it stands in the schema shared, which is not a tenant's",
    ],
    ["commit;", "COMMIT is not for migrations"],
    [
      "alter default privileges grant select on tables to public;",
      "default privileges: they would grant",
    ],
  ])("%s is refused", async (sql, message) => {
    await expect(share(sql)).rejects.toMatchObject({ message: expect.stringContaining(message) });
  });

  test("may not refer to, or be part of, tables of tenants", async () => {
    const app = await platform.partition("shared");
    await app.migrate(
      "create table orders (id int primary key, at date); create table parts (id int) partition by range (id);",
    );
    await expect(
      share(
        "create table t (tenant uuid, id int, foreign key (tenant, id) references app.orders);",
      ),
    ).rejects.toMatchObject({
      message:
        "The migration shared/0004.sql failed and changed nothing: table shared.t cannot be shared: foreign key t_tenant_id_fkey refers to orders, a table of tenants; drop the reference: nothing shared may point at a tenant's rows.",
    });
    await expect(share("create table p partition of app.parts default;")).rejects.toMatchObject({
      message: expect.stringContaining(
        "table shared.p cannot be shared: it inherits from, or is a partition of, a table elsewhere",
      ),
    });
  });
});

test("an unknown tenant has no place to migrate", async () => {
  const tenant: PartitionTenant = { id: makeId(new Date()), isolation: "database" };
  await expect(platform.cluster.migratePartition(tenant, [])).rejects.toMatchObject({
    code: "database_unsuitable",
  });
});
