// The engine as whoever adds a kind of operation meets it: done, cancelled, late, failing and stuck.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OperationView } from "@hestia/api";
import { HestiaError, type TenantId } from "@hestia/core";
import { initialiseConfiguration } from "@hestia/postgres/platform";
import { type OperationDefinition, step } from "@hestia/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { welcome } from "./welcome.fixture.ts";
import { ask, createTenant, type Place, startPlace, until } from "./world.ts";

const gate = Promise.withResolvers<void>();
const isBroken = { undo: true };

/** Undone, it waits until the process or its time ends. */
const endless: OperationDefinition = {
  kind: "test.endless",
  deadlineMs: 300,
  steps: [
    step({
      name: "wait",
      run: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("its time is over")));
        }),
      undo: async () => gate.resolve(),
    }),
  ],
};

const broken: OperationDefinition = {
  kind: "test.broken",
  steps: [
    step({
      name: "break",
      run: () => Promise.reject(new Error("broken")),
      undo: () => (isBroken.undo ? Promise.reject(new Error("it stays")) : Promise.resolve()),
    }),
  ],
};

const entered = Promise.withResolvers<void>();
const late = { go: Promise.withResolvers<void>(), ends: Promise.withResolvers<unknown>() };

/** It has lost the operation before it writes: as a process does that wakes up. */
const lateWriter: OperationDefinition = {
  kind: "test.late",
  steps: [
    step({
      name: "write",
      run: async ({ platform, operation: { tenantId } }) => {
        entered.resolve();
        await late.go.promise;
        const write = platform.db.asTenant(tenantId as TenantId, (tx) =>
          initialiseConfiguration(tx, { late: true }, platform.now()),
        );
        late.ends.resolve(await write.catch((error: Error) => error.name));
      },
    }),
  ],
};

const only = {
  entered: Promise.withResolvers<void>(),
  go: Promise.withResolvers<void>(),
  did: [] as string[],
};

/** It waits in its only step. */
const onlyStep: OperationDefinition = {
  kind: "test.only",
  steps: [
    step({
      name: "only",
      run: async () => {
        only.did.push("run");
        only.entered.resolve();
        await only.go.promise;
      },
      commit: async () => {
        only.did.push("commit");
        return undefined;
      },
      undo: async () => {
        only.did.push("undo");
      },
    }),
  ],
};

const cut = { begun: 0, go: Promise.withResolvers<void>() };

/** It is let go of when its process loses its connections, until it may end. */
const interrupted: OperationDefinition = {
  kind: "test.interrupted",
  steps: [
    step({
      name: "wait",
      run: async ({ signal }) => {
        cut.begun += 1;
        const lost = new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new HestiaError("database_unavailable")));
        });
        await Promise.race([cut.go.promise, lost]);
      },
    }),
  ],
};

let place: Place;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hestia-welcome-"));
  process.env.WELCOME_FOLDER = folder;
  const operations = [welcome, endless, broken, lateWriter, onlyStep, interrupted];
  place = await startPlace({}, { operations });
});
afterAll(async () => {
  await place?.end();
  rmSync(folder, { recursive: true });
});

const ended = async (operationId: OperationView["id"]) => {
  let last: OperationView | undefined;
  for await (const operation of place.client.operations.events({ operationId })) last = operation;
  return last;
};

test("the example of the documents is the one that runs", async () => {
  const docs = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
  const [, example] = /```ts\n(.*?)```/s.exec(docs) ?? [];
  const fixture = fileURLToPath(new URL("./welcome.fixture.ts", import.meta.url));
  expect(example).toBe(readFileSync(fixture, "utf8"));
  const { id: tenantId } = await createTenant(place.client, { slug: "newcomer" });
  const { id } = await place.server.begin(welcome, { tenantId });
  expect(await ended(id)).toMatchObject({
    kind: "tenant.welcome",
    status: "succeeded",
    steps: [{ status: "succeeded" }, { status: "succeeded", detail: "9 characters" }],
  });
  expect(readFileSync(join(folder, tenantId, "letter.txt"), "utf8")).toBe("Welcome!\n");
});

test("a server takes up no operation whose kind it does not know", async () => {
  const unknowing = await startPlace();
  try {
    const { clone, client, server, startAnother } = unknowing;
    const { id: tenantId } = await createTenant(client, { slug: "waiting" });
    const { id } = await server.begin(welcome, { tenantId });
    // Its workers take what comes later, so they have looked at it and left it.
    await createTenant(client, { slug: "later", isolation: "schema" });
    expect(await client.operations.get({ operationId: id })).toMatchObject({ status: "queued" });
    expect(
      await ask(clone.databaseUrl, "select attempts from graphile_worker.jobs where key = $1", [
        `operation:${id}`,
      ]),
    ).toEqual([{ attempts: 0 }]);
    await startAnother({}, { operations: [welcome] });
    await until("it is done", async () => {
      const { status } = await client.operations.get({ operationId: id });
      return status === "succeeded";
    });
  } finally {
    await unknowing.end();
  }
});

test("an operation that is over its deadline is undone", async () => {
  const { id } = await place.server.begin(endless);
  await gate.promise;
  expect(await ended(id)).toMatchObject({
    status: "failed",
    error: { code: "operation_timed_out" },
    deadlineAt: expect.any(String),
  });
});

test("what a step writes after another process took its operation up is refused", async () => {
  const { client, clone } = place;
  const { id: tenantId } = await createTenant(client, { slug: "late" });
  const { id } = await place.server.begin(lateWriter, { tenantId });
  await entered.promise;
  await ask(
    clone.databaseUrl,
    "update platform.operations set attempt = attempt + 1 where id = $1",
    [id],
  );
  late.go.resolve();
  expect(await late.ends.promise).toBe("ClaimLost");
  expect(
    await ask(
      clone.databaseUrl,
      "select key from platform.configuration where tenant_id = $1 and key = 'late'",
      [tenantId],
    ),
  ).toEqual([]);
});

test("one that cannot be undone is stuck, told of, and goes on when it is retried", async () => {
  const { client, clone } = place;
  const { id: operationId } = await place.server.begin(broken);
  const tries = () =>
    ask<{ attempts: number; locked: boolean }>(
      clone.databaseUrl,
      "select attempts, locked_at is not null as locked from graphile_worker.jobs where key = $1",
      [`operation:${operationId}`],
    );
  await until("it failed once", async () => {
    const [job] = await tries();
    return job?.attempts === 1 && !job.locked;
  });
  // Eleven tries later, which would take hours.
  await ask(
    clone.databaseUrl,
    "update graphile_worker._private_jobs set attempts = max_attempts - 1, run_at = now() where key = $1",
    [`operation:${operationId}`],
  );
  await until("it is stuck", async () => {
    const { items } = await client.operations.list({ stuck: true });
    return items.some(({ id }) => id === operationId);
  });
  expect(await client.operations.get({ operationId })).toMatchObject({
    status: "running",
    stuckAt: expect.any(String),
  });
  const { items } = await client.audit.list({ type: ["operation.stuck"] });
  expect(items).toMatchObject([{ data: { operationId, kind: "test.broken" } }]);
  isBroken.undo = false;
  await client.operations.retry({ operationId });
  expect(await ended(operationId)).toMatchObject({ status: "failed", error: { code: "internal" } });
  expect(await client.operations.list({ stuck: true })).toMatchObject({ items: [] });
});

test("how long it takes is estimated by how long it took", async () => {
  const { client, clone } = place;
  const { id: tenantId } = await createTenant(client, { slug: "regular" });
  for (let time = 0; time < 3; time += 1)
    await ended((await place.server.begin(welcome, { tenantId })).id);
  // It stands in its first step, which took an hour each time.
  await ask(
    clone.databaseUrl,
    `update platform.operation_steps s set started_at = s.finished_at - interval '1 hour'
     from platform.operations o where o.id = s.operation_id and o.kind = 'tenant.welcome' and s.position = 0`,
  );
  const another = await place.startAnother();
  const { id: operationId } = await another.server.begin(welcome, { tenantId });
  await ended(operationId);
  await ask(
    clone.databaseUrl,
    `update platform.operation_steps set status = 'running', started_at = now(), finished_at = null
     where operation_id = '${operationId}' and position = 0`,
  );
  await ask(
    clone.databaseUrl,
    `update platform.operations set status = 'running', finished_at = null where id = '${operationId}'`,
  );
  const { estimatedFinishAt = "" } = await another.client.operations.get({ operationId });
  const leftMs = new Date(estimatedFinishAt).getTime() - Date.now();
  expect(leftMs).toBeGreaterThan(3_000_000);
  expect(leftMs).toBeLessThan(3_700_000);
});

test("one that is cancelled in its last step is undone too, and writes nothing", async () => {
  const { id: operationId } = await place.server.begin(onlyStep);
  await only.entered.promise;
  expect((await place.client.operations.cancel({ operationId })).status).toBe("running");
  only.go.resolve();
  expect(await ended(operationId)).toMatchObject({
    status: "cancelled",
    steps: [{ status: "undone" }],
  });
  expect(only.did).toEqual(["run", "undo"]);
});

test("one whose connections are cut again and again is begun anew at once each time", async () => {
  const { databaseUrl } = place.clone;
  const { id } = await place.server.begin(interrupted);
  for (let times = 1; times <= 7; times += 1) {
    await until("its step is begun anew", () => cut.begun === times);
    await ask(
      databaseUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like 'hestia%' and pid <> pg_backend_pid()`,
    );
  }
  await until("its step is begun anew", () => cut.begun === 8);
  cut.go.resolve();
  expect(await ended(id)).toMatchObject({ status: "succeeded" });
}, 60_000);

test("a cancelled one leaves nothing behind", async () => {
  const { id: tenantId } = await createTenant(place.client, { slug: "hasty" });
  const { id } = await place.server.begin(welcome, { tenantId });
  const cancelled = await place.client.operations
    .cancel({ operationId: id })
    .catch((error: { code: string }) => error);
  const last = await ended(id);
  // It may have been quicker; then there is nothing to cancel.
  expect(last?.status).toBe("code" in cancelled ? "succeeded" : "cancelled");
  expect(existsSync(join(folder, tenantId))).toBe(last?.status === "succeeded");
});
