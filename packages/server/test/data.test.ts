// What a tenant has in its data database: its own rows and nobody else's, in every isolation model, and its migrations.
import { isolationModels } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant, migrations, type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
  await place.client.migrations.store({ files: migrations });
});
afterAll(() => place.end());

test.each(isolationModels)(
  "a %s tenant's rows are counted, its neighbours' are not",
  async (isolation) => {
    const { client, clone } = place;
    const [mine, other] = await Promise.all(
      ["mine", "other"].map((slug) =>
        createTenant(client, { slug: `${slug}-${isolation}`, isolation }),
      ),
    );
    expect.assert(mine !== undefined && other !== undefined, "both are made");
    for (const [{ id, placement }, rows] of [
      [mine, 3],
      [other, 5],
    ] as const) {
      const url = withDatabase(clone.databaseUrl, placement.database ?? clone.dataDatabase);
      const table = `${placement.schema ?? "app"}.notes`;
      await ask(
        url,
        `insert into ${table} (tenant_id, id, text) select $1, gen_random_uuid(), 'a note' from generate_series(1, ${rows})`,
        [id],
      );
      await ask(url, `analyze ${table}`);
    }
    const data = await client.data.get({ tenantId: mine.id });
    expect(data).toMatchObject({
      isolation,
      bytesAre: isolation === "shared" ? "share" : "own",
      tables: [{ name: "notes", rows: 3, rowsAre: "counted" }],
      migrations: [
        { set: "shared", name: "0001_airports.sql", state: "applied" },
        { set: "tenant", name: "0001_notes.sql", state: "applied" },
      ],
    });
    const { bytes = 0 } = data.tables[0] ?? {};
    const { bytes: others = 0 } = (await client.data.get({ tenantId: other.id })).tables[0] ?? {};
    expect(bytes).toBeGreaterThan(0);
    // Three rows of eight, and five.
    if (isolation === "shared") expect(bytes / others).toBeCloseTo(3 / 5, 3);
  },
);

test("many rows are estimated, and the answer says so", async () => {
  const { client, clone } = place;
  const { id } = await createTenant(client, { slug: "large" });
  const url = withDatabase(clone.databaseUrl, clone.dataDatabase);
  await ask(
    url,
    "insert into app.notes (tenant_id, id, text) select $1, gen_random_uuid(), '' from generate_series(1, 120000)",
    [id],
  );
  await ask(url, "analyze app.notes");
  const [table] = (await client.data.get({ tenantId: id })).tables;
  expect(table).toMatchObject({ name: "notes", rowsAre: "estimated" });
  expect(Math.abs((table?.rows ?? 0) / 120_000 - 1)).toBeLessThan(0.2);
});

test("a migration that is not applied is pending, and what is gone has no tables", async () => {
  const { client } = place;
  const { id: tenantId } = await createTenant(client, { slug: "late", isolation: "schema" });
  await client.migrations.store({
    files: [
      ...migrations,
      {
        set: "tenant",
        name: "0002_later.sql",
        sql: "do $$ begin raise exception 'not today'; end $$;",
      },
    ],
  });
  const { migrations: before } = await client.data.get({ tenantId });
  expect(before.at(-1)).toEqual({ set: "tenant", name: "0002_later.sql", state: "pending" });
  const run = client.migrations.up({ canary: ["late"] }, { waitSeconds: 30 });
  await expect(run).rejects.toMatchObject({ code: "operation_failed" });
  const { migrations: failed } = await client.data.get({ tenantId });
  expect(failed.at(-1)).toMatchObject({
    state: "failed",
    failure: { blocked: expect.any(Boolean), message: expect.stringContaining("not today") },
  });
  await client.tenants.delete({ tenantId });
  await client.tenants.purge({ tenantId, reason: "asked for" }, { waitSeconds: 30 });
  expect((await client.data.get({ tenantId })).tables).toEqual([]);
});
