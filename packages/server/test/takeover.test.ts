// Operations outlive whoever runs them: another server takes over, a failed one leaves nothing and goes on from where it
// failed, a cancelled one is undone.
import type { HestiaError } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startProcess } from "./process.ts";
import { ask, createTenant, migrations, type Place, startPlace, until } from "./world.ts";

let place: Place;
const holders: pg.Client[] = [];
beforeEach(async () => {
  place = await startPlace();
});
afterEach(async () => {
  for (const holder of holders.splice(0)) await holder.end();
  await place.end();
});

/** Keeps the step "initial configuration" from ending until the client is ended. */
async function holdConfiguration(): Promise<pg.Client> {
  const { databaseUrl } = place.clone;
  await ask(databaseUrl, `update platform.plans set defaults = '{"greeting": "hello"}'`);
  const holder = new pg.Client(databaseUrl);
  holder.on("error", () => {});
  await holder.connect();
  await holder.query("begin; lock table platform.configuration in access exclusive mode");
  holders.push(holder);
  return holder;
}

const broken = {
  set: "tenant" as const,
  name: "0002_broken.sql",
  sql: "create table broken (id uuid primary ky);",
};
const corrected = {
  ...broken,
  sql: "create table broken (id uuid primary key); select hestia.isolate('broken');",
};

test("a running server takes over what a killed one was doing, within seconds", async () => {
  const { clone, client } = place;
  await client.migrations.store({ files: migrations });
  await createTenant(client, { slug: "first" });
  const sleepy = { ...corrected, sql: `select pg_sleep(1); ${corrected.sql}` };
  await client.migrations.store({ files: [...migrations, sleepy] });
  await place.server.stop();
  const doomed = await startProcess(clone);
  const { id: tenantId, operationId } = (await doomed.client.tenants.create({
    slug: "orphan",
    name: "Orphan",
    isolation: "schema",
  })) as Awaited<ReturnType<typeof createTenant>>;
  await until("it migrates", async () =>
    (await doomed.client.operations.get({ operationId })).steps.some(
      ({ name, status }) => name === "apply migrations" && status === "running",
    ),
  );
  const heir = await place.startAnother();
  const before = performance.now();
  await doomed.kill();
  const seen = [];
  for await (const { status } of heir.client.operations.events({ operationId })) seen.push(status);
  expect(seen.at(-1)).toBe("succeeded");
  // The lease is missed within a second; what is left of the migration's sleep comes on top.
  expect(performance.now() - before).toBeLessThan(8_000);
  expect(await heir.client.tenants.get({ tenantId })).toMatchObject({ status: "active" });
});

test("a server that lost its lease writes nothing more, and the one that took over completes", async () => {
  const { clone } = place;
  const held = await holdConfiguration();
  const { operationId } = await create("fenced");
  const attempt = async () => {
    const [row] = await ask<{ attempt: number }>(
      clone.databaseUrl,
      "select attempt from platform.operations where id = $1",
      [operationId],
    );
    return row?.attempt ?? 0;
  };
  await until("it is taken up", async () => (await attempt()) === 1);
  const heir = await place.startAnother();
  await ask(
    clone.databaseUrl,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hestia-lease' and datname = current_database()",
  );
  await until("it is taken up anew", async () => (await attempt()) > 1);
  await held.end();
  for await (const operation of heir.client.operations.events({ operationId }))
    if (operation.finishedAt !== undefined) expect(operation.status).toBe("succeeded");
  const { items } = await heir.client.audit.list({ type: ["tenant.activated"] });
  expect(items).toHaveLength(1);
});

test.each(["shared", "schema", "database"] as const)(
  "a failed provisioning of a %s tenant leaves nothing behind, and goes on when its cause is corrected",
  async (isolation) => {
    const { client, clone } = place;
    await client.migrations.store({ files: [...migrations, broken] });
    const failure = await client.tenants
      .create({ slug: "unlucky", name: "Unlucky", isolation }, { waitSeconds: 30 })
      .then(
        () => expect.unreachable("it succeeded"),
        (error: HestiaError) => error,
      );
    expect(failure.code).toBe("operation_failed");
    const { tenantId, operationId } = failure.details as { tenantId: never; operationId: never };
    expect(await client.tenants.get({ tenantId })).toMatchObject({
      status: "failed",
      placement: { cluster: "default" },
    });
    const failed = await client.operations.get({ operationId });
    expect(failed.error?.code).toBe("migration_failed");
    expect(failed.error?.message).toContain("0002_broken.sql");
    expect(failed.steps.map(({ status }) => status)).toEqual([
      "succeeded",
      "undone",
      "failed",
      "pending",
      "pending",
      "pending",
    ]);
    const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
    const plain = String(tenantId).replaceAll("-", "");
    expect(
      await ask(data, "select from pg_namespace where nspname like $1", [`%${plain}%`]),
    ).toEqual([]);
    expect(
      await ask(data, "select from pg_database where datname like $1", [`%${plain}%`]),
    ).toEqual([]);
    expect(await ask(data, "select from pg_roles where rolname like $1", [`%${plain}%`])).toEqual(
      [],
    );
    expect(await ask(data, "select from hestia.tenants where tenant_id = $1", [tenantId])).toEqual(
      [],
    );

    await client.migrations.store({ files: [...migrations, corrected] });
    const retried = await client.operations.retry({ operationId }, { waitSeconds: 30 });
    expect(retried).toMatchObject({ status: "succeeded", id: operationId });
    expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "active" });
    await expect(client.migrations.store({ files: [...migrations, broken] })).rejects.toMatchObject(
      {
        code: "migration_changed",
      },
    );
    await expect(client.migrations.store({ files: migrations })).rejects.toMatchObject({
      code: "migration_missing",
    });
    await expect(client.operations.retry({ operationId })).rejects.toMatchObject({
      code: "operation_not_retriable",
    });
  },
);

test("a tenant deleted while it is provisioned is undone, and provisioned again when it is restored", async () => {
  const { client, clone } = place;
  const held = await holdConfiguration();
  const { id: tenantId, operationId } = await create("brief", "schema");
  await until("it is half made", async () =>
    (await client.operations.get({ operationId })).steps.some(
      ({ name, status }) => name === "initial configuration" && status === "running",
    ),
  );
  await client.tenants.delete({ tenantId });
  await held.end();
  await until(
    "it is cancelled",
    async () => (await client.operations.get({ operationId })).status === "cancelled",
  );
  const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
  expect(await ask(data, "select from hestia.tenants where tenant_id = $1", [tenantId])).toEqual(
    [],
  );
  expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "deleting" });
  await client.tenants.restore({ tenantId });
  await until(
    "it is active",
    async () => (await client.tenants.get({ tenantId })).status === "active",
  );
});

test("an operation that has lost its job is queued again", async () => {
  const { clone, server } = place;
  const held = await holdConfiguration();
  const { operationId } = await create("jobless");
  await server.stop();
  await held.end();
  await ask(clone.databaseUrl, "delete from graphile_worker._private_jobs");
  await ask(
    clone.databaseUrl,
    "update platform.operations set created_at = created_at - interval '1 minute'",
  );
  const { client } = await place.startAnother();
  await until(
    "it is over",
    async () => "finishedAt" in (await client.operations.get({ operationId })),
  );
  expect((await client.operations.get({ operationId })).status).toBe("succeeded");
});

test("a running operation that is cancelled is undone, and its tenant is failed", async () => {
  const { client } = place;
  const held = await holdConfiguration();
  const { id: tenantId, operationId } = await create("unwanted");
  await until("it waits", async () =>
    (await client.operations.get({ operationId })).steps.some(
      ({ name, status }) => name === "initial configuration" && status === "running",
    ),
  );
  expect((await client.operations.cancel({ operationId })).status).toBe("running");
  await held.end();
  await until(
    "it is over",
    async () => "finishedAt" in (await client.operations.get({ operationId })),
  );
  const operation = await client.operations.get({ operationId });
  expect([operation.status, operation.steps.map(({ status }) => status)]).toEqual([
    "cancelled",
    ["succeeded", "undone", "succeeded", "undone", "pending", "pending"],
  ]);
  expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "failed" });
});

const create = (slug: string, isolation: "shared" | "schema" = "shared") =>
  place.client.tenants.create({ slug, name: slug, isolation }) as ReturnType<typeof createTenant>;
