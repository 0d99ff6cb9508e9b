// Without a superuser no role passes row security: the same files do the same, and rows are deleted with their triggers silent.

import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { migrationFile } from "../src/cluster/migration-files.ts";
import { makePlatform, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"), { superuser: false });
  await platform.cluster.migrateShared(platform.sharedFiles);
});
afterAll(() => platform?.close());

const tables = `
  create table people (id int primary key, boss int references people on delete restrict);
  create table a (id int primary key, b int, code text references countries);
  create table b (id int primary key, a int not null references a on delete restrict);
  alter table a add constraint to_b foreign key (b) references b;
  create function never() returns trigger language plpgsql as $$ begin raise exception 'rows stay'; end $$;
  create trigger never before delete on b for each row execute function never();`;

const fill = `
  insert into people select g, nullif(g - 1, 0) from generate_series(1, 100) g;
  insert into a select g, null, 'ch' from generate_series(1, 100) g;
  insert into b select g, g from generate_series(1, 100) g;
  update a set b = id`;

describe.each(isolationModels)("%s tenants", (model) => {
  test("have migrations change all their rows and keys, and everything forced again after", async () => {
    const place = await platform.partition(model);
    await place.migrate(tables);
    await place.as(fill);
    await place.migrate(`
      alter table people add column level int;
      update people set level = id % 7;
      alter table people alter level set not null;
      create table c (id int primary key, a int);
      select hestia.isolate('c');
      alter table c add foreign key (tenant_id, a) references a on delete cascade;
      alter table a add unique (b), add foreign key (tenant_id, id) references b deferrable;`);
    expect(await place.faults()).toEqual([]);
    await platform.cluster.verifyPartition(place.tenant);
    expect(await place.as("select max(level) as level from people")).toEqual([{ level: 6 }]);
    if (model === "shared")
      expect(await place.as("select id from people", await platform.neighbour())).toEqual([]);
  });

  test("are dropped, whatever triggers say", async () => {
    const place = await platform.partition(model);
    const neighbour = model === "shared" ? await platform.neighbour() : undefined;
    await place.migrate(tables);
    await place.as(fill);
    if (neighbour) await place.as(fill, neighbour);
    if (model === "database") await place.client.end();
    await platform.cluster.dropPartition(place.tenant);
    if (!neighbour) return;
    expect(await place.list("select distinct tenant_id from app.b")).toEqual([neighbour.id]);
    await expect(place.as("delete from b", neighbour)).rejects.toThrow("rows stay");
    await platform.cluster.dropPartition(neighbour);
    expect(await place.list("select count(*)::int from app.b")).toEqual([0]);
  });
});

test("partitions of all models are brought up at once, outside transactions too, and found as they should be", async () => {
  const { cluster, sharedFiles } = platform;
  const files = [
    "create table notes (id int primary key, text text, code text references countries);",
    "alter table notes add extra int not null default 3;",
    "-- hestia: no-transaction\ncreate index concurrently notes_text on notes (text);",
  ].map((sql, index) => migrationFile("tenant", `000${index + 1}.sql`, sql));
  const places = await Promise.all(isolationModels.map((model) => platform.partition(model)));
  for (const { tenant } of places) await cluster.setState(tenant, "active");
  const ends: string[] = [];
  const jobs = places.map(({ tenant, place, database }) => ({
    target: tenant.id,
    place,
    database: tenant.isolation === "database" ? database : undefined,
    tenantId: tenant.isolation === "shared" ? undefined : tenant.id,
  }));
  for (const file of files)
    await cluster.fleet.migrate(
      jobs.map((job) => ({ ...job, files: [file] })),
      {
        sessions: 2,
        patience: { lockTimeoutMs: 1_000, attempts: 3, pauseMs: 50 },
        stored: [...sharedFiles, ...files.slice(0, files.indexOf(file) + 1)],
        onOutcomes: (each) => void ends.push(...each.map(({ end }) => end)),
        isOver: () => false,
      },
    );
  expect(ends.filter((end) => end !== "applied")).toEqual([]);
  const model = await cluster.fleet.modelOf([...sharedFiles, ...files]);
  for (const { tenant, place, database } of places)
    expect(
      await cluster.fleet.drift([{ target: tenant.id, place, tenantId: tenant.id }], {
        model,
        full: true,
        isPinned: tenant.isolation !== "shared",
        database,
      }),
    ).toEqual([]);
});
