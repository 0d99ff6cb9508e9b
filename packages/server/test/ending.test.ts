// How tenants end: archived and brought back, purged and certified, kept where they must be. In every isolation model.
import type { OperationView } from "@hestia/api";
import {
  type HestiaError,
  type IsolationModel,
  isolationModels,
  type TenantId,
} from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, createTenant, type Place, startPlace, until } from "./world.ts";

const files = [
  {
    set: "shared" as const,
    name: "0001_countries.sql",
    sql: "create table countries (code text primary key); insert into countries values ('ch'); select hestia.share('countries');",
  },
  {
    set: "tenant" as const,
    name: "0001_things.sql",
    sql: `create type mood as enum ('sad', 'merry');
      create table things (
        id uuid primary key default gen_random_uuid(), number bigint generated always as identity, text text,
        amount numeric, data jsonb, bytes bytea, at timestamptz, span interval, many text[], mood mood, range int4range,
        twice numeric generated always as (amount * 2) stored, parent uuid references things (id), country text references countries (code)
      );
      create table notes (id uuid primary key default gen_random_uuid(), thing uuid not null references things (id) on delete cascade, text text);`,
  },
];

let now = new Date();
let place: Place;
beforeAll(async () => {
  place = await startPlace({}, { now: () => now });
  await place.client.migrations.store({ files });
});
afterAll(() => place?.end());

const days = (count: number) => {
  now = new Date(now.getTime() + count * 86_400_000);
};

const things = `select t.id, number, text, amount::text, data::text, bytes, at::text, span::text, many, mood::text, range::text, twice::text, parent, country,
  (select count(*)::int from notes n where n.thing = t.id) as notes from things t order by number`;

/** A tenant with a thing of everything in it, beside a neighbour that has the same. */
async function settled(slug: string, isolation: IsolationModel) {
  const { client } = place;
  const made = await createTenant(client, {
    slug,
    isolation,
    settings: { locale: "de" },
    adminEmail: "ada@example.net",
  });
  const { connect } = await import("@hestia/postgres");
  const hestia = await connect({
    databaseUrl: place.clone.directoryUrl,
    secretKey: place.clone.secretKey,
  });
  const tenant = await hestia.tenant(slug);
  await tenant.query(
    `with made as (insert into things (text, amount, data, bytes, at, span, many, mood, range, country)
       values ('a\u2028"b\\n\\\\', 1.50, '{"a": null}', '\\x00ff', '2026-01-01T00:00:00.123456Z', '1 mon 2 days', array['x', null, 'y,"z'], 'merry', '[1,5)', 'ch'),
              (null, 'NaN', 'null', null, 'infinity', null, '{}', null, 'empty', null) returning id)
     insert into notes (thing, text) select id, 'note' from made`,
  );
  await tenant.query(
    "update things set parent = (select id from things where number = 1 or text is not null limit 1)",
  );
  return {
    ...made,
    hestia,
    tenant,
    rows: async () => (await (await hestia.tenant(slug)).query(things)).rows,
  };
}

const finished = async ({ id: operationId }: OperationView) => {
  let last: OperationView | undefined;
  for await (const operation of place.client.operations.events({ operationId })) last = operation;
  return last;
};

async function latest(tenantId: TenantId, kind: string): Promise<OperationView> {
  let found: OperationView | undefined;
  await until(`${kind} is there`, async () => {
    [found] = (await place.client.operations.list({ tenantId, kind })).items;
    return found !== undefined;
  });
  return found as OperationView;
}

async function remains(tenantId: string) {
  const plain = tenantId.replaceAll("-", "");
  const data = withDatabase(place.clone.databaseUrl, place.clone.dataDatabase);
  const counts = await ask<{ count: number }>(
    data,
    `select count(*)::int from pg_namespace where nspname like '%${plain}%' union all
     select count(*)::int from pg_database where datname like '%${plain}%' union all
     select count(*)::int from pg_roles where rolname like '%${plain}%' union all
     select count(*)::int from hestia.tenants where tenant_id = '${tenantId}' union all
     select count(*)::int from app.things where tenant_id = '${tenantId}'`,
  );
  return counts.map(({ count }) => count);
}

test("a row that is larger than a text can be keeps its tenant, and costs nobody else anything", async () => {
  const { client } = place;
  const { id: tenantId, hestia, tenant } = await settled("heavy", "shared");
  await tenant.query(
    "insert into notes (thing, text) select id, repeat('x', 560000000) from things limit 1",
  );
  await hestia.close();
  await client.tenants.delete({ tenantId, reason: "moved on" });
  const purge = await client.tenants.purge({ tenantId, reason: "asked for" });
  expect(await finished(purge)).toMatchObject({
    status: "failed",
    error: { code: "row_too_large", message: expect.stringContaining("The table notes") },
  });
  const data = withDatabase(place.clone.databaseUrl, place.clone.dataDatabase);
  await ask(data, "update app.notes set text = 'short' where tenant_id = $1", [tenantId]);
  expect(await finished(await client.operations.retry({ operationId: purge.id }))).toMatchObject({
    status: "succeeded",
  });
});

describe.each(isolationModels)("a %s tenant", (isolation) => {
  test("is archived when its grace is over, and comes back with every value as it was", async () => {
    const { client } = place;
    const neighbour = await settled(`beside-${isolation}`, isolation);
    const { id: tenantId, hestia, rows } = await settled(`kept-${isolation}`, isolation);
    const [before, beside] = [await rows(), await neighbour.rows()];
    await client.tenants.delete({ tenantId, reason: "moved on" });
    days(31);
    const archiving = await finished(await latest(tenantId, "tenant.archive"));
    expect(archiving).toMatchObject({ status: "succeeded" });
    expect(archiving?.steps.map(({ detail }) => detail)).toContain("2 tables, 4 rows, read back");
    expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "archived" });
    expect(await remains(tenantId)).toEqual([0, 0, 0, 0, 0]);
    expect(
      await client.tenants.restore.withResponse({ tenantId }, { waitSeconds: 60 }),
    ).toMatchObject({ status: 200, body: { status: "active" } });
    expect(await latest(tenantId, "tenant.unarchive")).toMatchObject({ status: "succeeded" });
    const restored = await client.tenants.get({ tenantId });
    expect(restored).toMatchObject({ status: "active", settings: { locale: "de" } });
    expect(restored).not.toHaveProperty("endsAt");
    await until("the library has heard of it", async () =>
      hestia.tenant(`kept-${isolation}`).then(
        () => true,
        () => false,
      ),
    );
    expect(await rows()).toEqual(before);
    expect(await neighbour.rows()).toEqual(beside);
    const tenant = await hestia.tenant(`kept-${isolation}`);
    await tenant.query("insert into things (text) values ('new')");
    const numbers = (await rows()).map(({ number }) => number);
    expect(new Set(numbers).size).toBe(3);
    await hestia.close();
    await neighbour.hestia.close();
  });

  test("is purged, with a certificate and nothing left", async () => {
    const { client, url } = place;
    const { id: tenantId, hestia } = await settled(`gone-${isolation}`, isolation);
    const neighbour = await settled(`stays-${isolation}`, isolation);
    const beside = await neighbour.rows();
    await expect(client.tenants.purge({ tenantId, reason: "x" })).rejects.toMatchObject({
      code: "tenant_transition_refused",
      message:
        "A tenant that is active cannot be purged; only one that is deleting or archived can.",
    });
    await client.tenants.suspend(
      { tenantId, reason: `Ada of gone-${isolation} asked` },
      { idempotencyKey: `suspend-${tenantId}` },
    );
    await client.tenants.delete(
      { tenantId },
      { waitSeconds: 20, idempotencyKey: `delete-${tenantId}` },
    );
    const purged = await client.tenants.purge(
      { tenantId, reason: "erasure request 7" },
      { waitSeconds: 30 },
    );
    expect(purged).toMatchObject({ status: "succeeded" });
    expect(await remains(tenantId)).toEqual([0, 0, 0, 0, 0]);
    const answers = "select from platform.idempotency_keys k where k::text like '%' || $1 || '%'";
    expect(await ask(place.clone.databaseUrl, answers, [`gone-${isolation}`])).toEqual([]);
    const tenant = await client.tenants.get({ tenantId });
    expect(tenant).toMatchObject({ status: "purged", name: "Purged", settings: {} });
    const certificate = await client.erasure.certificate({ tenantId });
    expect(certificate).toMatchObject({ tenantId, reason: "erasure request 7", isolation });
    expect(certificate.erased).toMatchObject([
      { name: "things", rows: 2 },
      { name: "notes", rows: 2 },
    ]);
    expect(certificate.stores.every(({ found }) => found === 0)).toBe(true);
    expect(certificate.stores.map(({ store }) => store)).toContain("rows of things");
    const page = await client.erasure.certificatePage({ tenantId });
    expect(page).toContain("erasure request 7");
    expect(url).toBeTruthy();
    // Its slug is free again, its id is not.
    expect(await createTenant(client, { slug: `gone-${isolation}`, isolation })).toMatchObject({
      status: "active",
    });
    expect(await neighbour.rows()).toEqual(beside);
    for (const table of ["archives", "configuration"])
      expect(
        await ask(place.clone.databaseUrl, `select from platform.${table} where tenant_id = $1`, [
          tenantId,
        ]),
      ).toEqual([]);
    await hestia.close();
    await neighbour.hestia.close();
  });

  test("comes back with every row when its purge is stopped after its rows are gone", async () => {
    const { client, clone } = place;
    const { id: tenantId, hestia, rows } = await settled(`undone-${isolation}`, isolation);
    const before = await rows();
    await client.tenants.delete({ tenantId }, { waitSeconds: 20 });
    // The proof finds something that should not be there, so all is undone.
    await ask(
      clone.databaseUrl,
      `create or replace function platform.leave_it() returns trigger language plpgsql as $$ begin return null; end $$`,
    );
    await ask(
      clone.databaseUrl,
      "create trigger leave_it before delete on platform.configuration for each row execute function platform.leave_it()",
    );
    await ask(
      clone.databaseUrl,
      `insert into platform.configuration (tenant_id, key, value, updated_at) values ('${tenantId}', 'left', '1', now())`,
    );
    const failure = await client.tenants
      .purge({ tenantId, reason: "now" }, { waitSeconds: 30 })
      .catch((error: HestiaError) => error);
    await ask(clone.databaseUrl, "drop trigger leave_it on platform.configuration");
    expect(failure).toMatchObject({ code: "operation_failed" });
    expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "deleting" });
    await client.tenants.restore({ tenantId });
    await until("the library has heard of it", async () =>
      hestia.tenant(`undone-${isolation}`).then(
        () => true,
        () => false,
      ),
    );
    expect(await rows()).toEqual(before);
    await hestia.close();
  });
});

test("what must be kept is told at once, and neither deleted nor purged", async () => {
  const { client } = place;
  const { id: tenantId } = await createTenant(client, { slug: "held" });
  const retainUntil = new Date(now.getTime() + 10 * 86_400_000);
  await client.tenants.update({ tenantId, retainUntil }, { ifMatch: "*" });
  const hold = await client.holds.place({ tenantId, reason: "case 12" });
  await client.holds.place({ tenantId, reason: "case 13" });
  const checks = await client.erasure.checks({ tenantId });
  expect(checks).toMatchObject({ canBeDeleted: false, canBePurged: false });
  expect(checks.items.map(({ code }) => code)).toEqual(["legal_hold", "legal_hold", "retention"]);
  const refused = await client.tenants.delete({ tenantId }).catch((error: HestiaError) => error);
  expect(refused).toMatchObject({
    code: "tenant_deletion_refused",
    faults: [{ code: "legal_hold" }, { code: "legal_hold" }],
  });
  for (const { id: holdId } of (await client.holds.list({ tenantId })).items)
    await client.holds.lift({ tenantId, holdId, reason: "closed" });
  await expect(client.holds.lift({ tenantId, holdId: hold.id })).rejects.toMatchObject({
    code: "hold_not_found",
  });
  await client.tenants.delete({ tenantId });
  await expect(client.tenants.purge({ tenantId, reason: "x" })).rejects.toMatchObject({
    faults: [{ code: "retention" }],
  });
  days(31);
  await finished(await latest(tenantId, "tenant.archive"));
  days(91);
  expect(await finished(await latest(tenantId, "tenant.purge"))).toMatchObject({
    status: "succeeded",
  });
  expect(await client.erasure.certificate({ tenantId })).toMatchObject({ requestedBy: "schedule" });
});

test("a tenant that never had a partition is purged too", async () => {
  const { client } = place;
  const broken = [
    ...files,
    {
      set: "tenant" as const,
      name: "0002_broken.sql",
      sql: "create table broken (id uuid primary ky);",
    },
  ];
  await client.migrations.store({ files: broken });
  const made = await client.tenants.create({ slug: "never", name: "Never", isolation: "database" });
  await finished({ id: made.operationId } as OperationView);
  await client.migrations.store({ files });
  expect(await client.tenants.get({ tenantId: made.id })).toMatchObject({ status: "failed" });
  await client.tenants.delete({ tenantId: made.id }, { waitSeconds: 20 });
  expect(
    await client.tenants.purge({ tenantId: made.id, reason: "x" }, { waitSeconds: 30 }),
  ).toMatchObject({ status: "succeeded" });
  expect(await remains(made.id)).toEqual([0, 0, 0, 0, 0]);
});
