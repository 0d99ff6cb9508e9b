// A fleet of ten, and one run after another: in waves, past those that are locked, that fail and that were restored.
import type { OperationView } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { connect } from "@hestia/postgres";
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, createTenant, migrations, type Place, startPlace, until } from "./world.ts";

type Made = { readonly id: string; readonly slug: string; readonly place: string };

let place: Place;
let dataUrl: string;
let tenants: Made[];
let files = migrations;

beforeAll(async () => {
  place = await startPlace();
  await place.client.migrations.store({ files });
  dataUrl = withDatabase(place.clone.databaseUrl, place.clone.dataDatabase);
  tenants = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const slug = `fleet-${index}`;
      const { id } = await createTenant(place.client, { slug, isolation: "schema" });
      return { id, slug, place: `t_${id.replaceAll("-", "")}` };
    }),
  );
});
afterAll(() => place.end());

let number = 1;
/** Stores one more file and returns its name. */
async function add(sql: string): Promise<string> {
  number += 1;
  const name = `${String(number).padStart(4, "0")}_more.sql`;
  files = [...files, { set: "tenant", name, sql }];
  await place.client.migrations.store({ files });
  return name;
}

/** Puts the last file's text right. */
async function correct(sql: string): Promise<void> {
  files = [...files.slice(0, -1), { ...(files.at(-1) as (typeof files)[0]), sql }];
  await place.client.migrations.store({ files });
}

const up = (body: Parameters<typeof place.client.migrations.up>[0] = {}) =>
  place.client.migrations.up({ errorRateMax: 1, ...body });

const ended = async ({ id: operationId }: OperationView, client = place.client) => {
  await until("the run has ended", async () => {
    const { status } = await client.operations.get({ operationId });
    return status !== "queued" && status !== "running";
  });
  return client.operations.get({ operationId });
};

/** The tenants whose own ledger has the file. */
const having = async (name: string) => {
  const rows = await ask<{ place: string }>(
    dataUrl,
    "select place from hestia.migrations where name = $1",
    [name],
  );
  return rows.map((row) => row.place).sort();
};
const all = () => tenants.map((each) => each.place).sort();
const noted = (name: string) =>
  ask<{ target: string; error: string | null; ms: number }>(
    place.clone.databaseUrl,
    "select target, error, duration_ms as ms from platform.migration_ledger where name = $1 and target not like 'cluster/%' order by target",
    [name],
  );

const [first, second, third] = [0, 1, 2];
const nth = (index: number) => tenants[index] as Made;

describe("a run", () => {
  test("brings every target up, and says so in both ledgers", async () => {
    const name = await add("alter table notes add a int;");
    expect(await ended(await up())).toMatchObject({
      status: "succeeded",
      progress: 1,
      result: { targets: 10, failed: 0, waves: [{ name: "10 %" }, { name: "the rest" }] },
    });
    expect(await having(name)).toEqual(all());
    const rows = await noted(name);
    expect(rows.map((row) => row.target)).toEqual(tenants.map((each) => each.id).sort());
    expect(rows.every((row) => row.ms > 0)).toBe(true);
  });

  test("with nothing to do does nothing", async () => {
    expect(await ended(await up())).toMatchObject({
      status: "succeeded",
      result: { targets: 0, waves: [] },
    });
  });

  test("leaves a locked target for later, and everyone else does not wait for it", async () => {
    const name = await add("alter table notes add b int;");
    const holder = new pg.Client(dataUrl);
    await holder.connect();
    await holder.query(`begin; lock table ${nth(first).place}.notes in access share mode`);
    const run = await up({ waves: [] });
    const others = all().filter((each) => each !== nth(first).place);
    await until("all others have it", async () => (await having(name)).length === 9);
    expect(await having(name)).toEqual(others);
    await holder.end();
    expect(await ended(run)).toMatchObject({ status: "succeeded", result: { targets: 10 } });
    expect(await having(name)).toEqual(all());
  });

  test("that one target fails leaves the nine others current, and that one blocked until it is retried", async () => {
    await ask(
      dataUrl,
      `insert into ${nth(second).place}.notes (tenant_id, id, text) values ('${nth(second).id}', gen_random_uuid(), 'no number')`,
    );
    const name = await add("select 1;\nalter table notes alter text type int using text::int;");
    const failed = await ended(await up());
    expect(failed).toMatchObject({ status: "failed", error: { code: "migrations_incomplete" } });
    expect(failed.error?.message).toMatch(
      /^1 of 10 targets failed, 9 were brought up; the first is fleet-1: /,
    );
    expect(await having(name)).toEqual(all().filter((each) => each !== nth(second).place));
    const state = await place.client.migrations.get();
    expect(state.targets).toMatchObject({ failed: 1, behind: 0 });
    expect(state.failures).toMatchObject([
      { target: nth(second).id, slug: "fleet-1", file: `tenant/${name}`, line: 2, blocked: true },
    ]);
    const later = await add("alter table notes add c int;");
    const again = await ended(await up());
    expect(again.error?.message).toContain("1 are blocked");
    expect(await having(later)).toEqual(all().filter((each) => each !== nth(second).place));
    expect((await place.client.migrations.get()).versions).toEqual([
      { version: expect.any(String), targets: 1 },
      { version: later, targets: 9 },
    ]);
    await ask(dataUrl, `update ${nth(second).place}.notes set text = '1'`);
    expect(
      await ended(await place.client.migrations.retry({ tenants: ["fleet-1"] })),
    ).toMatchObject({ status: "succeeded", result: { targets: 1 } });
    expect(await having(later)).toEqual(all());
    expect((await place.client.migrations.get()).failures).toEqual([]);
  });

  test("stops where it is told to at the first that fails", async () => {
    await ask(dataUrl, `update ${nth(second).place}.notes set text = 0`);
    const name = await add("alter table notes add check (text > 0);");
    const run = await up({ canary: ["fleet-1"], stopOnError: true });
    expect((await ended(run)).error?.message).toMatch(/The run stopped in the wave "canary"\.$/);
    expect(await having(name)).toEqual([]);
  });

  test("takes a corrected file to those whom it failed, without being asked to", async () => {
    await correct("alter table notes add check (text >= 0);");
    expect(await ended(await up())).toMatchObject({ status: "succeeded" });
    expect(await having(files.at(-1)?.name ?? "")).toEqual(all());
  });

  test("goes no further than the wave of which too many fail", async () => {
    const name = await add("alter table notes add check (text <> 0);");
    const run = await up({ canary: [nth(second).id, "fleet-2"], errorRateMax: 0.4 });
    expect((await ended(run)).error?.message).toMatch(/stopped in the wave "canary"\.$/);
    expect(await having(name)).toEqual([nth(third).place]);
    expect(await place.client.migrations.run({ operationId: run.id })).toMatchObject({
      operation: { id: run.id, status: "failed" },
      options: { errorRateMax: 0.4, hold: false },
      waves: [
        { name: "canary", state: "done", targets: 2, current: 1, blocked: 1, waiting: 0 },
        { name: "the rest", state: "waiting", targets: 8, current: 0, waiting: 8 },
      ],
      failures: [{ slug: "fleet-1", wave: "canary", blocked: true }],
    });
    await ask(dataUrl, `update ${nth(second).place}.notes set text = 7`);
    expect(await ended(await place.client.operations.retry({ operationId: run.id }))).toMatchObject(
      { status: "succeeded" },
    );
    expect(await having(name)).toEqual(all());
  });

  test("that holds goes on wave by wave, as often as somebody continues it", async () => {
    const name = await add("alter table notes add d int;");
    const held = await ended(await up({ canary: ["fleet-2"], waves: [50], hold: true }));
    expect(held).toMatchObject({ status: "succeeded", result: { targets: 1, next: "50 %" } });
    expect(await having(name)).toEqual([nth(third).place]);
    const states = async ({ id: operationId }: OperationView) =>
      (await place.client.migrations.run({ operationId })).waves.map(({ state }) => state);
    expect(await states(held)).toEqual(["done", "held", "waiting"]);
    const next = await ended(await place.client.migrations.continue());
    expect(next.result).toMatchObject({ targets: 4, next: "the rest" });
    expect(await states(next)).toEqual(["done", "done", "held"]);
    const last = await ended(await place.client.migrations.continue());
    expect(last.result).toEqual({
      targets: 5,
      failed: 0,
      waves: [{ name: "the rest", targets: 5 }],
    });
    expect(await having(name)).toEqual(all());
    await expect(place.client.migrations.continue()).rejects.toMatchObject({
      code: "migrations_not_waiting",
    });
  });

  test("that is cancelled ends between two targets", async () => {
    const name = await add("alter table notes add e int;");
    const holder = new pg.Client(dataUrl);
    await holder.connect();
    await holder.query(`begin; lock table ${nth(first).place}.notes in access share mode`);
    const run = await up({ waves: [] });
    await until("all others have it", async () => (await having(name)).length === 9);
    await place.client.operations.cancel({ operationId: run.id });
    expect((await ended(run)).status).toBe("cancelled");
    await holder.end();
    expect(await having(name)).toHaveLength(9);
    expect(await ended(await up())).toMatchObject({ result: { targets: 1 } });
  });

  test("shows a target that others hold as left for the next run", async () => {
    const name = await add("alter table notes add deferred int;");
    const holder = new pg.Client(dataUrl);
    await holder.connect();
    await holder.query(`begin; lock table ${nth(first).place}.notes in access share mode`);
    const run = await ended(await up({ waves: [] }));
    await holder.end();
    expect(await having(name)).toHaveLength(9);
    const { waves, failures } = await place.client.migrations.run({ operationId: run.id });
    expect(waves).toMatchObject([{ state: "done", current: 9, blocked: 0, deferred: 1 }]);
    expect(failures).toMatchObject([{ slug: "fleet-0", blocked: false }]);
    expect(await ended(await up())).toMatchObject({ result: { targets: 1 } });
  });

  test("pauses between waves, and can be cancelled there", async () => {
    const name = await add("alter table notes add f int;");
    const run = await up({ canary: ["fleet-2"], pauseSeconds: 3_600 });
    await until("it pauses", async () => {
      const { steps } = await place.client.operations.get({ operationId: run.id });
      return steps.some(({ detail }) => detail?.includes("begins in") === true);
    });
    expect(await having(name)).toEqual([nth(third).place]);
    await place.client.operations.cancel({ operationId: run.id });
    expect((await ended(run)).status).toBe("cancelled");
    await ended(await up());
  });

  test("beside another, of another server, applies no file twice", async () => {
    const other = await place.startAnother();
    const name = await add(
      "alter table notes alter id set not null; create table once (id int primary key);",
    );
    const holder = new pg.Client(dataUrl);
    await holder.connect();
    await holder.query(`begin; lock table ${nth(first).place}.notes in access share mode`);
    const body = { waves: [], errorRateMax: 1 };
    const runs = await Promise.all([up(body), other.client.migrations.up(body)]);
    // Both are under way, and neither can end.
    await until("all others have it", async () => (await having(name)).length === 9);
    await until("both are at it", async () => {
      const seen = runs.map(({ id: operationId }) => place.client.operations.get({ operationId }));
      return (await Promise.all(seen)).every(({ steps }) => steps[1]?.status === "running");
    });
    await holder.end();
    for (const run of runs) expect(await ended(run)).toMatchObject({ status: "succeeded" });
    expect(await having(name)).toEqual(all());
    await other.server.stop();
  });
});

describe("what the ledgers say", () => {
  test("of a target that was restored is what the target itself says", async () => {
    const name = files.at(-1)?.name ?? "";
    const { place: restored } = nth(third);
    await ask(dataUrl, `drop table ${restored}.once`);
    await ask(dataUrl, "delete from hestia.migrations where place = $1 and name = $2", [
      restored,
      name,
    ]);
    expect(await ended(await up())).toMatchObject({ result: { targets: 1 } });
    expect(await having(name)).toEqual(all());
  });

  test("is read again where the platform knows nothing", async () => {
    await ask(place.clone.databaseUrl, "truncate platform.migration_ledger");
    expect(await ended(await up())).toMatchObject({ result: { targets: 0 } });
    expect(await noted(files.at(-1)?.name ?? "")).toHaveLength(10);
  });
});

describe("a dry run", () => {
  test("says who would get what in which wave and what would fail, and changes nothing", async () => {
    const name = await add("alter table notes add g int;");
    const bad = await add("select 1;\nalter table nowhere add h int;");
    const tried = await ended(await up({ canary: ["fleet-3"], dryRun: true }));
    expect(tried).toMatchObject({ kind: "migrations.try", status: "succeeded" });
    expect(tried.result).toMatchObject({
      targets: 10,
      waves: [
        {
          name: "canary",
          count: 1,
          targets: [{ slug: "fleet-3", files: [`tenant/${name}`, `tenant/${bad}`] }],
        },
        { name: "the rest", count: 9 },
      ],
    });
    const { files: trials = [] } = (tried.result ?? {}) as { files?: unknown[] };
    expect(trials.at(-1)).toEqual({
      file: `tenant/${bad}`,
      line: 2,
      message: expect.stringContaining('relation "nowhere" does not exist'),
    });
    expect(await having(name)).toEqual([]);
    await correct("alter table notes add h int;");
    await ended(await up());
  });
});

test("an application learns how far a tenant's tables are, as the run reaches it", async () => {
  const hestia = await connect({
    databaseUrl: place.clone.directoryUrl,
    secretKey: place.clone.secretKey,
  });
  const shared = await createTenant(place.client, { slug: "fleet-shared" });
  try {
    const before = files.at(-1)?.name;
    const both = await Promise.all(["fleet-4", shared.slug].map((slug) => hestia.tenant(slug)));
    expect(both.map((tenant) => tenant.schemaVersion)).toEqual([before, before]);
    const name = await add("create table versions (id int primary key);");
    await ended(await up());
    for (const tenant of both)
      await until("the application has heard", async () => {
        await hestia.tenant(tenant.slug);
        return tenant.schemaVersion === name;
      });
  } finally {
    await hestia.close();
    await place.client.tenants.delete({ tenantId: shared.id }, { waitSeconds: 20 });
  }
});

test("the drift report names what was changed by hand, and no one else", async () => {
  await ended(await up());
  const clean = await ended(await place.client.migrations.drift({ full: true }));
  expect(clean).toMatchObject({
    status: "succeeded",
    result: { compared: 11, differing: 0, drifts: [], unread: [] },
  });
  await ask(dataUrl, `alter table ${nth(third).place}.notes add stranger int`);
  for (const body of [{}, { full: true }, { tenants: ["fleet-2"] }]) {
    const { result } = await ended(await place.client.migrations.drift(body));
    expect(result?.drifts).toEqual([
      {
        target: nth(third).id,
        slug: "fleet-2",
        count: 1,
        differences: [{ kind: "column", name: "notes.stranger", state: "extra", found: "integer" }],
      },
    ]);
  }
  const others = await ended(await place.client.migrations.drift({ tenants: ["fleet-3"] }));
  expect(others.result).toMatchObject({ compared: 1, differing: 0 });
});

test("the fleet's counts are those of its lists, and of what failed lately alone", async () => {
  const { client, clone } = place;
  await client.tenants.suspend({ tenantId: nth(third).id as TenantId, reason: "unpaid" });
  await ask(
    clone.databaseUrl,
    `insert into platform.operations (id, kind, status, actor, created_at, finished_at)
     values (gen_random_uuid(), 'old.one', 'failed', '{}', now() - interval '8 days', now() - interval '8 days')`,
  );
  const { tenants: counts, operations } = await client.fleet.get();
  const { items } = await client.tenants.list({ limit: 200 });
  const kinds = Map.groupBy(items, ({ status, isolation }) => `${status} ${isolation}`);
  expect(
    Object.fromEntries(counts.map((each) => [`${each.status} ${each.isolation}`, each.count])),
  ).toEqual(Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length])));
  const failed = await client.operations.list({ status: ["failed"], limit: 200 });
  expect(operations).toMatchObject({ queued: 0, running: 0, stuck: 0 });
  expect(operations.failed).toBe(failed.items.length - 1);
});
