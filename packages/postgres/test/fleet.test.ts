// Many partitions at once, past their own ledgers: what is applied where, what is left for later, and what no transaction
// can hold.

import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { placeOf } from "../src/cluster/cluster.ts";
import type { FleetJob, FleetOutcome } from "../src/cluster/fleet.ts";
import { type MigrationFile, migrationFile } from "../src/cluster/migration-files.ts";
import { isPlain } from "../src/cluster/plain-files.ts";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
  await platform.cluster.migrateShared(platform.sharedFiles);
});
afterAll(() => platform?.close());

const file = (name: string, sql: string) => migrationFile("tenant", name, sql);
const patience = { lockTimeoutMs: 100, attempts: 2, pauseMs: 20 };

const jobOf = ({ tenant, database }: Partition, files: readonly MigrationFile[]): FleetJob => ({
  target: tenant.id,
  place: placeOf(tenant),
  database: tenant.isolation === "database" ? database : undefined,
  tenantId: tenant.isolation === "shared" ? undefined : tenant.id,
  files,
});

/** Runs files at partitions and returns what came of them: "end file" by target. */
async function run(
  places: readonly Partition[],
  files: readonly MigrationFile[],
  stored: readonly MigrationFile[] = files,
  sessions = 2,
) {
  const outcomes: FleetOutcome[] = [];
  await platform.cluster.fleet.migrate(
    places.map((place) => jobOf(place, files)),
    {
      sessions,
      patience,
      stored: [...platform.sharedFiles, ...stored],
      onOutcomes: (each) => void outcomes.push(...each),
      isOver: () => false,
    },
  );
  return places.map(({ tenant }) =>
    outcomes
      .filter((each) => each.target === tenant.id && each.file.set === "tenant")
      .map(({ end, file: { name } }) => `${end} ${name}`),
  );
}

const notes = file("0001.sql", "create table notes (id int primary key, text text);");

describe("files that need nothing settled", () => {
  test.each([
    "alter table t add a int;",
    '-- why\nALTER TABLE t ADD COLUMN IF NOT EXISTS "A" numeric(10, 2) NOT NULL DEFAULT 0;\n',
    "alter table t add a text default 'it''s', add b timestamptz; alter table u add c text[];",
  ])("are known: %s", (sql) => expect(isPlain(file("1.sql", sql))).toBe(true));

  test.each([
    "",
    "alter table t add a int unique;",
    "alter table t add a int references u;",
    "alter table t add a int primary key;",
    "alter table t add a int check (a > 0);",
    "alter table t add a int generated always as identity;",
    "alter table t add a serial;",
    "alter table t add a mood;",
    "alter table t add a text default now();",
    "alter table t add a text default f();",
    "alter table t add tenant_id uuid;",
    "alter table t add primary key (a);",
    "alter table t add constraint c text;",
    "alter table public.t add a int;",
    "alter table t add a int; drop policy hestia_tenant on t;",
    "alter table t add a int, drop b;",
    "alter table t add a int /* */;",
    "alter table t add a text default E'\\'; drop table t; --';",
    "alter table t add a int; commit;",
    "create table t (a int);",
    "-- hestia: no-transaction\nalter table t add a int;",
  ])("are not taken for such: %s", (sql) => expect(isPlain(file("1.sql", sql))).toBe(false));
});

describe("many partitions at once", () => {
  test("sixty schemas get every file once, each with its row in its ledger", async () => {
    const places = await Promise.all(
      Array.from({ length: 60 }, () => platform.partition("schema")),
    );
    const files = [
      notes,
      file("0002.sql", "alter table notes add a int not null default 7;"),
      file("0003.sql", "create index on notes (a);"),
      file("0004.sql", "alter table notes add b text;"),
    ];
    const plain = files.slice(1, 2);
    const every = (names: readonly MigrationFile[]) =>
      places.map(() => names.map(({ name }) => `applied ${name}`));
    expect(await run(places, [notes])).toEqual(every([notes]));
    expect(await run(places, plain)).toEqual(every(plain));
    expect(await run(places, files.slice(2))).toEqual(every(files.slice(2)));
    for (const place of places) {
      expect(await place.faults()).toEqual([]);
      const ledger = await platform.cluster.ledgerOf(place.tenant);
      expect(ledger.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
      expect(ledger.every(({ durationMs }) => durationMs > 0)).toBe(true);
    }
    // What another runner has done is found, in a message of many too.
    expect(await run(places, plain)).toEqual(places.map(() => ["there 0002.sql"]));
  });

  test("one in the middle of a message that fails or is locked costs no other its turn", async () => {
    const places = await Promise.all(Array.from({ length: 6 }, () => platform.partition("schema")));
    await run(places, [notes]);
    const [, broken, , locked] = places as Partition[];
    await broken?.client.query(`alter table ${broken.place}.notes add a int`);
    await locked?.client.query(`begin; lock table ${locked.place}.notes in access share mode`);
    const ends = await run(
      places,
      [file("0002.sql", "\nalter table notes add a int;")],
      undefined,
      1,
    );
    await locked?.client.query("rollback");
    expect(ends.map(([end]) => end)).toEqual([
      "applied 0002.sql",
      "failed 0002.sql",
      "applied 0002.sql",
      "failed 0002.sql",
      "applied 0002.sql",
      "applied 0002.sql",
    ]);
  });

  test("failures tell the file, the line and whether it makes sense to try again", async () => {
    const [broken, locked] = [
      await platform.partition("schema"),
      await platform.partition("schema"),
    ];
    await run([broken, locked], [notes]);
    await broken.client.query(`alter table ${broken.place}.notes add a int`);
    await locked.client.query(`begin; lock table ${locked.place}.notes in access share mode`);
    const outcomes: FleetOutcome[] = [];
    const plain = file("0002.sql", "-- ü\n\nalter table notes add a int;");
    await platform.cluster.fleet.migrate([jobOf(broken, [plain]), jobOf(locked, [plain])], {
      sessions: 1,
      patience,
      stored: [notes, plain],
      onOutcomes: (each) => void outcomes.push(...each),
      isOver: () => false,
    });
    await locked.client.query("rollback");
    expect(outcomes).toMatchObject([
      {
        end: "failed",
        blocks: true,
        error: {
          message: expect.stringMatching(/already exists, line 3\.$/),
          details: { line: 3 },
        },
      },
      {
        end: "failed",
        blocks: false,
        error: { message: expect.stringContaining("other transactions kept a lock on it") },
      },
    ]);
  });

  test("partitions of all models are brought up in one run", async () => {
    const places = await Promise.all(isolationModels.map((model) => platform.partition(model)));
    const files = [notes, file("0002.sql", "alter table notes add a int;")];
    expect(await run(places, files)).toEqual(
      places.map(() => ["applied 0001.sql", "applied 0002.sql"]),
    );
    for (const place of places) expect(await place.faults()).toEqual([]);
  });
});

describe("a file without a transaction", () => {
  const head = "-- hestia: no-transaction\n";
  const index = file("0002.sql", `${head}create index concurrently notes_text on notes (text);`);

  test.each(isolationModels)(
    "makes an index that leads with the tenant, of %s tenants",
    async (model) => {
      const place = await platform.partition(model);
      await platform.cluster.migratePartition(place.tenant, [...platform.sharedFiles, notes]);
      await platform.cluster.setState(place.tenant, "active");
      expect(await run([place], [index], [notes, index])).toEqual([["applied 0002.sql"]]);
      expect(await place.indexes("notes")).toMatchObject({ notes_text: "btree (tenant_id, text)" });
      expect(await place.faults()).toEqual([]);
      expect(await run([place], [index], [notes, index])).toEqual([["there 0002.sql"]]);
    },
  );

  test("is done at once in a partition that nobody uses yet, and comes to the same", async () => {
    const place = await platform.partition("schema");
    const files = [
      notes,
      index,
      file(
        "0003.sql",
        `${head}create unique index concurrently if not exists "Odd name" on notes using btree (tenant_id, id) where id > 3;`,
      ),
      file("0004.sql", `${head}reindex index concurrently notes_text;`),
      file("0005.sql", `${head}drop index concurrently "Odd name";`),
      file("0006.sql", `${head}vacuum (analyze) notes;`),
      file("0007.sql", "create type mood as enum ('well');"),
      file("0008.sql", `${head}alter type mood add value 'ill';`),
    ];
    await platform.cluster.migratePartition(place.tenant, files);
    const used = await platform.partition("schema");
    await platform.cluster.setState(used.tenant, "active");
    await platform.cluster.migratePartition(used.tenant, files);
    expect(await used.indexes("notes")).toEqual(await place.indexes("notes"));
    expect(await used.faults()).toEqual([]);
  });

  test("whose attempt failed leaves nothing, and an index left half made is dropped before the next", async () => {
    const place = await platform.partition("schema");
    await platform.cluster.setState(place.tenant, "active");
    await run([place], [notes]);
    await place.client.query(
      `insert into ${place.place}.notes (tenant_id, id, text) select '${place.tenant.id}', g, 'a' from generate_series(1, 2) g`,
    );
    const unique = file("0002.sql", `${head}create unique index concurrently one on notes (text);`);
    expect(await run([place], [unique])).toEqual([["failed 0002.sql"]]);
    expect(Object.keys(await place.indexes("notes"))).toEqual(["notes_pkey"]);
    // As a killed server leaves it: the attempt is noted, the index is there and invalid.
    await place.client
      .query(`create unique index concurrently one on ${place.place}.notes (tenant_id, text)`)
      .catch(() => {});
    expect(
      await place.list("select indexrelid::regclass::text from pg_index where not indisvalid"),
    ).toHaveLength(1);
    await place.client.query(`delete from ${place.place}.notes where id = 2`);
    expect(await run([place], [unique])).toEqual([["applied 0002.sql"]]);
    expect(
      await place.list("select indexrelid::regclass::text from pg_index where not indisvalid"),
    ).toEqual([]);
    expect(await place.indexes("notes")).toMatchObject({
      one: expect.stringContaining("(tenant_id, text)"),
    });
    expect(await place.list("select name from hestia.migration_attempts")).toEqual([]);
  });

  test("that was done when its runner died is only noted", async () => {
    const place = await platform.partition("schema");
    await platform.cluster.setState(place.tenant, "active");
    await run([place], [notes]);
    await place.client.query(`create index notes_text on ${place.place}.notes (tenant_id, text)`);
    await place.client.query(
      "insert into hestia.migration_attempts (place, set, name, checksum, makes) values ($1, 'tenant', $2, $3, 'notes_text')",
      [place.place, index.name, index.checksum],
    );
    expect(await run([place], [index])).toEqual([["applied 0002.sql"]]);
    expect(await platform.cluster.ledgerOf(place.tenant)).toHaveLength(2);
  });

  test("that another runner is at is left for later", async () => {
    const place = await platform.partition("schema");
    await platform.cluster.setState(place.tenant, "active");
    await run([place], [notes]);
    await place.client.query("select pg_advisory_lock(hashtextextended($1, 0))", [
      `hestia migration ${place.place} tenant 0002.sql`,
    ]);
    expect(await run([place], [index])).toEqual([["failed 0002.sql"]]);
    await place.client.query("select pg_advisory_unlock_all()");
    expect(await run([place], [index])).toEqual([["applied 0002.sql"]]);
  });

  test.each([
    ["create table t (id int);", "line 2: only CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY"],
    ["select 1;\nselect 2;", "line 3: a file without a transaction has one statement"],
    ["", "line 1: a file without a transaction has one statement"],
    ["create index concurrently on notes (text);", "line 2: give the index a name"],
    ["create index concurrently a on notes (text, tenant_id);", "names tenant_id, but not first"],
    ["create index concurrently a on app.notes (text);", "without a schema"],
    ["vacuum;", "VACUUM of a table"],
  ])("says no more than it may: %s", async (sql, problem) => {
    const place = await platform.partition("schema");
    await run([place], [notes]);
    const refused = file("0002.sql", head + sql);
    await expect(
      platform.cluster.migratePartition(place.tenant, [notes, refused]),
    ).rejects.toMatchObject({
      code: "migration_failed",
      message: expect.stringContaining(problem),
    });
  });

  test("is named to whoever writes CONCURRENTLY without it", async () => {
    const place = await platform.partition("schema");
    await run([place], [notes]);
    const without = file("0002.sql", "create index concurrently a on notes (text);");
    await expect(
      platform.cluster.migratePartition(place.tenant, [notes, without]),
    ).rejects.toMatchObject({
      message: expect.stringContaining(
        'give it a file of its own whose first line is "-- hestia: no-transaction"',
      ),
    });
  });
});
