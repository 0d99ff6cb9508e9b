// Targets whose own ledgers say otherwise than the platform's: a database that was restored, a file with another text.
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant, migrations, type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
  await place.client.migrations.store({ files: migrations });
});
afterAll(() => place.end());

const more = { set: "tenant" as const, name: "0002_more.sql", sql: "alter table notes add a int;" };
const wait = { waitSeconds: 30 };

test("a tenant's own database that was restored gets again what its backup did not have", async () => {
  const { placement } = await createTenant(place.client, { slug: "own", isolation: "database" });
  const database = placement.database ?? "";
  const admin = withDatabase(place.clone.databaseUrl, "postgres");
  await ask(admin, `create database ${database}_backup template ${database}`);
  await place.client.migrations.store({ files: [...migrations, more] });
  expect(await place.client.migrations.up({}, wait)).toMatchObject({ result: { targets: 1 } });
  expect(await place.client.migrations.up({}, wait)).toMatchObject({ result: { targets: 0 } });
  await ask(admin, `drop database ${database} with (force)`);
  await ask(admin, `alter database ${database}_backup rename to ${database}`);
  expect(await place.client.migrations.up({}, wait)).toMatchObject({ result: { targets: 1 } });
  const own = withDatabase(place.clone.databaseUrl, database);
  expect(await ask(own, "select name from hestia.migrations order by set, name")).toHaveLength(3);
  expect(await ask(own, "select a from app.notes")).toEqual([]);
});

test("a target that has another text of a file than the stored one is refused, and keeps no other", async () => {
  const [odd, other] = await Promise.all(
    ["odd", "other"].map((slug) => createTenant(place.client, { slug, isolation: "schema" })),
  );
  const dataUrl = withDatabase(place.clone.databaseUrl, place.clone.dataDatabase);
  const placeOf = (tenant = odd) => `t_${tenant?.id.replaceAll("-", "")}`;
  await ask(
    dataUrl,
    "update hestia.migrations set checksum = 'another' where place = $1 and name = $2",
    [placeOf(), more.name],
  );
  const last = {
    set: "tenant" as const,
    name: "0003_last.sql",
    sql: "create table last (id int);",
  };
  await place.client.migrations.store({ files: [...migrations, more, last] });
  const refused = place.client.migrations.up({}, wait);
  await expect(refused).rejects.toMatchObject({
    code: "operation_failed",
    message: expect.stringContaining("tenant/0002_more.sql differs from what was stored"),
  });
  const having = await ask<{ place: string }>(
    dataUrl,
    "select place from hestia.migrations where name = $1",
    [last.name],
  );
  expect(having.map((row) => row.place)).toEqual([placeOf(other)]);
  expect((await place.client.migrations.get()).targets).toMatchObject({ behind: 1 });
});
