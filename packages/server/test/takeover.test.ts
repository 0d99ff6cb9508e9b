// Operations outlive whoever runs them: another server takes over, a failed one leaves nothing and goes on from where it
// failed, a cancelled one is undone.
import type { OperationView } from "@hestia/api";
import type { HestiaError } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startProcess } from "./process.ts";
import { ask, createTenant, migrations, type Place, startPlace, testKey, until } from "./world.ts";

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
  await place.server.stop();
  const doomed = await startProcess(clone);
  const held = await holdConfiguration();
  const { id: tenantId, operationId } = (await doomed.client.tenants.create({
    slug: "orphan",
    name: "Orphan",
    isolation: "schema",
  })) as Created;
  await until("it configures", async () =>
    isRunning(await doomed.client.operations.get({ operationId }), "initial configuration"),
  );
  const heir = await place.startAnother();
  const startedAt = await heir.client.operations
    .get({ operationId })
    .then((operation) => startOf(operation, "initial configuration"));
  const killedAt = performance.now();
  await doomed.kill();
  let restartedMs: number | undefined;
  for await (const operation of heir.client.operations.events({ operationId })) {
    if (startOf(operation, "initial configuration") === startedAt) continue;
    if (restartedMs === undefined) {
      restartedMs = performance.now() - killedAt;
      await held.end();
    }
    if (operation.finishedAt !== undefined) expect(operation.status).toBe("succeeded");
  }
  process.stdout.write(`taken over ${Math.round(restartedMs ?? Number.NaN)} ms after kill -9\n`);
  // The lease is looked at every second, and so is the queue.
  expect(restartedMs).toBeLessThan(10_000);
  expect(await heir.client.tenants.get({ tenantId })).toMatchObject({ status: "active" });
});

test("a server that stops between two steps hands the operation to another", async () => {
  const { client, server, clone } = place;
  const held = await holdConfiguration();
  const { id: tenantId, operationId } = await create("handed-on");
  await until("it configures", async () =>
    isRunning(await client.operations.get({ operationId }), "initial configuration"),
  );
  const heir = await place.startAnother();
  const stopped = server.stop();
  await held.end();
  await stopped;
  for await (const { finishedAt, status } of heir.client.operations.events({ operationId }))
    if (finishedAt !== undefined) expect(status).toBe("succeeded");
  expect(await heir.client.tenants.get({ tenantId })).toMatchObject({ status: "active" });
  const taken = await ask(
    clone.databaseUrl,
    "select attempt from platform.operations where id = $1",
    [operationId],
  );
  expect(taken).toEqual([{ attempt: 2 }]);
});

test("a wait that runs out is answered with 202, and what was waited for goes on", async () => {
  const { client } = place;
  const held = await holdConfiguration();
  const input = { slug: "patient", name: "Patient" };
  const made = await client.tenants.create.withResponse(input, { waitSeconds: 1 });
  expect(made).toMatchObject({ status: 202, etag: '"1"', body: { status: "provisioning" } });
  expect(made.headers.get("preference-applied")).toBe("wait=1");
  const { id: tenantId, operationId } = made.body as Created;
  expect(made.location).toBe(`/v1/operations/${operationId}`);
  // The deletion stands in line behind what is under way.
  const deletion = await client.tenants.delete.withResponse({ tenantId }, { waitSeconds: 1 });
  expect(deletion).toMatchObject({ status: 202, body: { kind: "tenant.delete" } });
  expect(deletion.location).toBe(`/v1/operations/${deletion.body.id}`);
  await held.end();
  await until("it is over", async () => {
    const { status } = await client.operations.get({ operationId: deletion.body.id });
    return status === "succeeded";
  });
});

test("a follower that comes back with the last event's id gets what is new, and the end in any case", async () => {
  const { client, url } = place;
  const held = await holdConfiguration();
  const { operationId } = await create("followed");
  await until("it configures", async () =>
    isRunning(await client.operations.get({ operationId }), "initial configuration"),
  );
  const gone = new AbortController();
  const open = (lastEventId?: string) =>
    fetch(`${url}/v1/operations/${operationId}/events`, {
      signal: lastEventId === undefined ? gone.signal : null,
      headers: {
        authorization: `Bearer ${testKey}`,
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
    });
  const { body } = await open();
  expect.assert(body !== null, "it is a stream");
  let seen = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    seen += text;
    if (/^id: .*\n\n/ms.test(seen)) break;
  }
  gone.abort();
  const [id = ""] = idsOf(seen);
  const second = await open(id);
  await held.end();
  const later = idsOf(await second.text());
  expect(later).not.toContain(id);
  expect(later.length).toBeGreaterThan(1);
  // Whoever has seen the last event was perhaps cut off before the stream's end.
  const third = await open(later.at(-1));
  expect(idsOf(await third.text())).toEqual(later.slice(-1));
});

const idsOf = (stream: string) => [...stream.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id);

type Created = Awaited<ReturnType<typeof createTenant>>;

const stepOf = ({ steps }: OperationView, name: string) => steps.find((step) => step.name === name);
const isRunning = (operation: OperationView, name: string) =>
  stepOf(operation, name)?.status === "running";
const startOf = (operation: OperationView, name: string) => stepOf(operation, name)?.startedAt;

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
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'hestia-lease %' and datname = current_database()",
  );
  await until("it is taken up anew", async () => (await attempt()) > 1);
  await held.end();
  for await (const operation of heir.client.operations.events({ operationId }))
    if (operation.finishedAt !== undefined) expect(operation.status).toBe("succeeded");
  const { items } = await heir.client.audit.list({ type: ["tenant.activated"] });
  expect(items).toHaveLength(1);
});

test("a server that beats again after it was without its lease for a while keeps its sessions", async () => {
  const { databaseUrl } = place.clone;
  const leases = () =>
    ask<{ holder: string }>(databaseUrl, "select holder from platform.leases order by holder");
  const before = await leases();
  // As a restart of PostgreSQL leaves it: the row of the lease that went with its connection.
  await ask(
    databaseUrl,
    `insert into platform.leases (holder, instance, beat_at)
     select 'gone', instance, now() - interval '1 minute' from platform.leases`,
  );
  await until("the row is gone", async () =>
    (await leases()).every((row) => row.holder !== "gone"),
  );
  expect(await leases()).toEqual(before);
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

test("a shared tenant that is cancelled while its steps are done at once is undone as a whole", async () => {
  const { client, clone } = place;
  await ask(clone.databaseUrl, "update platform.plans set defaults = '{}'");
  await createTenant(client, { slug: "before" });
  await until("what shared tenants need is known to be there", async () => {
    const { operationId } = await createTenant(client, { slug: `probe-${++probes}` });
    const rows = await ask<{ together: boolean }>(
      clone.databaseUrl,
      "select count(distinct finished_at) = 1 as together from platform.operation_steps where operation_id = $1",
      [operationId],
    );
    return rows[0]?.together === true;
  });
  const held = await holdConfiguration();
  const { id: tenantId, operationId } = await create("unwanted-soon", "shared");
  await until("it waits", async () =>
    isRunning(await client.operations.get({ operationId }), "initial configuration"),
  );
  await client.operations.cancel({ operationId });
  await held.end();
  await until(
    "it is over",
    async () => "finishedAt" in (await client.operations.get({ operationId })),
  );
  const operation = await client.operations.get({ operationId });
  expect(operation.status).toBe("cancelled");
  expect(operation.steps.every(({ status }) => ["succeeded", "undone"].includes(status))).toBe(
    true,
  );
  expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "failed" });
  const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
  expect(await ask(data, "select from hestia.tenants where tenant_id = $1", [tenantId])).toEqual(
    [],
  );
  const left = await ask(
    clone.databaseUrl,
    "select from platform.configuration where tenant_id = $1",
    [tenantId],
  );
  expect(left).toEqual([]);
});

let probes = 0;

// A schema is made step by step; a shared tenant's steps may end together.
const create = (slug: string, isolation: "shared" | "schema" = "schema") =>
  place.client.tenants.create({ slug, name: slug, isolation }) as ReturnType<typeof createTenant>;
