// The isolation check as the server runs it: what it proves of an application that holds, what it tells of one that does
// not, that one runs at a time, and that nothing of it is left.
import { HestiaError, type IsolationCheckId } from "@hestia/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cancelCheck, installPlatform } from "./checks.ts";
import { ask, createTenant, migrations, type Place, startPlace, until } from "./world.ts";

// A hundred attacks and the mutations behind them, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

let place: Place;
let acme: { readonly id: string };
beforeAll(async () => {
  place = await startPlace({}, {}, await installPlatform());
  await place.client.migrations.store({ files: migrations });
  acme = await createTenant(place.client, { slug: "acme" });
});
afterAll(() => place?.end());

/** The name of the copy that a check of this platform is working on. */
const copy = async () =>
  (
    await ask<{ name: string }>(
      place.clone.databaseUrl,
      "select application_name as name from pg_stat_activity where datname = current_database() and application_name like 'hestia_check_%'",
    )
  )[0]?.name;

/** Databases and roles of a copy. */
const leftOf = (name: string | undefined) =>
  ask(
    place.clone.databaseUrl,
    "select datname from pg_database where datname like $1 || '%' union all select rolname from pg_roles where rolname like $1 || '%'",
    [name],
  );

async function checked(given: Parameters<typeof place.client.isolationChecks.start>[0] = {}) {
  const { id: operationId } = await place.client.isolationChecks.start(given);
  await until(
    "the check is over",
    async () => (await place.client.operations.get({ operationId })).finishedAt !== undefined,
    200_000,
  );
  const { items } = await place.client.isolationChecks.list({ limit: 1 });
  const [last] = items;
  expect(last?.operationId).toBe(operationId);
  const { result } = await place.client.operations.get({ operationId });
  expect(result).toEqual({ isolationCheckId: last?.id });
  return place.client.isolationChecks.get({ isolationCheckId: last?.id as IsolationCheckId });
}

test("an application that holds is proven to, and the proof is dated and counted", async () => {
  const check = await checked({ models: ["shared"] });
  expect(check.report?.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(check).toMatchObject({ status: "proven", models: ["shared"], full: false });
  const { counts, report } = check;
  expect(counts).toMatchObject({ failed: 0, findings: 0 });
  expect(counts?.probes).toBeGreaterThan(100);
  expect(counts?.caught).toBe(counts?.mutations);
  expect(counts?.mutations).toBeGreaterThan(10);
  expect(report?.groups.reduce((sum, { probes }) => sum + probes, 0)).toBe(counts?.probes);
  expect(report?.mutations).toHaveLength(counts?.mutations ?? -1);
  expect(report?.target).not.toContain("@");
  const events = await place.client.audit.list({
    type: ["isolation_check.started", "isolation_check.finished"],
  });
  expect(events.items.map(({ data }) => data)).toMatchObject([
    { isolationCheckId: check.id, status: "proven", findings: 0 },
    { isolationCheckId: check.id, full: false },
  ]);
});

test("a hole is found with its object, and with the SQL that closes it where it is open in what runs", async () => {
  const data = place.clone.databaseUrl.replace(/\/[^/]*$/, `/${place.clone.dataDatabase}`);
  await ask(data, "alter table app.notes no force row level security");
  try {
    const { status, counts, report } = await checked({ models: ["shared"] });
    expect(status).toBe("findings");
    expect(counts?.findings).toBe(
      report?.findings.filter(({ severity }) => severity === "error").length,
    );
    const found = report?.findings.filter(({ object }) => object?.includes("notes")) ?? [];
    expect(found.map(({ source }) => source)).toEqual(expect.arrayContaining(["attack", "doctor"]));
    const cure = found.find(({ source }) => source === "doctor");
    expect(cure).toMatchObject({ severity: "error", database: place.clone.dataDatabase });
    // The comparison finds the same table, and is given the same cure.
    const difference = found.find(({ source }) => source === "attack");
    expect(difference).toMatchObject({ kind: "difference", cure: cure?.cure });
    await ask(data, cure?.cure ?? "");
  } finally {
    await ask(data, "alter table app.notes force row level security");
  }
  const after = await checked({ models: ["shared"] });
  expect(after.report?.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(after.status).toBe("proven");
});

test("one runs at a time; one that is cancelled leaves neither a copy nor a proof", async () => {
  const { id: operationId } = await place.client.isolationChecks.start();
  const second = place.client.isolationChecks.start();
  await expect(second).rejects.toMatchObject({ code: "isolation_check_running" });
  await until(
    "it is at work",
    async () => {
      const { steps } = await place.client.operations.get({ operationId });
      return steps.some(({ detail }) => detail?.startsWith("shared: ") === true);
    },
    60_000,
  );
  const name = await copy();
  expect(await leftOf(name)).not.toEqual([]);
  await place.client.operations.cancel({ operationId });
  await until(
    "it has ended",
    async () => (await place.client.operations.get({ operationId })).status === "cancelled",
    60_000,
  );
  const [last] = (await place.client.isolationChecks.list({ limit: 1 })).items;
  expect(last).toMatchObject({ operationId, status: "cancelled" });
  expect(last?.counts).toBeUndefined();
  expect(await leftOf(name)).toEqual([]);
});

test("real tenants are served while a check runs, as if there were none", async () => {
  const { id: operationId } = await place.client.isolationChecks.start();
  const zenith = await createTenant(place.client, { slug: "zenith", isolation: "schema" });
  const statuses = new Set<number>();
  let asked = 0;
  await until(
    "it is far on",
    async () => {
      for (const { id } of [acme, zenith]) {
        const answer = await fetch(`${place.url}/v1/tenant`, { headers: { "x-tenant-id": id } });
        statuses.add(answer.status);
        asked += 1;
      }
      const { progress } = await place.client.operations.get({ operationId });
      return progress > 0.4;
    },
    200_000,
  );
  expect([...statuses]).toEqual([200]);
  expect(asked).toBeGreaterThan(10);
  await cancelCheck(place.client);
});

test("a check that is not there is not found", async () => {
  const isolationCheckId = "01a20000-0000-7000-8000-000000000000" as IsolationCheckId;
  await expect(place.client.isolationChecks.get({ isolationCheckId })).rejects.toBeInstanceOf(
    HestiaError,
  );
});
