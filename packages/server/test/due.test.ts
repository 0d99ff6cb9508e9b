// What time brings: trials end and suspensions fall due for review, once, however many servers look, and in force at the
// database; extended, ended and taken away by an operator or by another plan.
import { type HestiaError, isolationModels, limits, type TenantId } from "@hestia/core";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, createTenant, migrations, type Place, startPlace, until } from "./world.ts";

/** How far the servers' clock is ahead. */
let aheadMs = 0;
const now = () => new Date(Date.now() + aheadMs);
const dayMs = 86_400_000;
const inDays = (days: number) => new Date(now().getTime() + days * dayMs);

let place: Place;
let made = 0;
beforeAll(async () => {
  place = await startPlace({}, { now });
  // From here on two servers look for what is due.
  await place.startAnother();
  const { client } = place;
  await client.migrations.store({ files: migrations });
  await client.plans.create({ id: "tried", name: "Tried", trialDays: 14 });
  await client.plans.create({ id: "longer", name: "Longer", trialDays: 30 });
});
afterAll(() => place?.end());

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: HestiaError) => error,
  );
const get = (tenantId: TenantId) => place.client.tenants.get({ tenantId });
const fresh = (plan: string) => createTenant(place.client, { slug: `due-${++made}`, plan });
const typesOf = async (tenantId: TenantId) =>
  (await place.client.audit.listForTenant({ tenantId })).items.map(({ type }) => type);
const count = async (tenantId: TenantId, wanted: string) =>
  (await typesOf(tenantId)).filter((type) => type === wanted).length;

/** Waits until what is due was looked for twice: the second time began after now. */
async function lookedAt() {
  const probe = await fresh("standard");
  for (const _ of [1, 2]) {
    await place.client.tenants.update({ tenantId: probe.id, trialEndsAt: now() }, { ifMatch: "*" });
    await until("the probe is looked at", async () => (await get(probe.id)).status === "suspended");
    await place.client.tenants.resume({ tenantId: probe.id });
  }
}

describe.each(isolationModels)("the trial of a %s tenant", (isolation) => {
  test("ends by itself, once, with two servers, and its database refuses it then", async () => {
    const { client, clone } = place;
    const slug = `trial-${isolation}`;
    const { id: tenantId, placement } = await createTenant(client, {
      ...{ slug, isolation, plan: "tried" },
    });
    const { trialEndsAt, createdAt } = await get(tenantId);
    const days = (Date.parse(trialEndsAt ?? "") - Date.parse(createdAt)) / dayMs;
    expect(Math.round(days)).toBe(14);
    aheadMs += 15 * dayMs;
    await until("it is over", async () => (await get(tenantId)).status === "suspended");
    const ended = await get(tenantId);
    expect(ended.statusReason).toBe("The trial ended.");
    expect(ended).not.toHaveProperty("trialEndsAt");
    const data = withDatabase(clone.databaseUrl, placement.database ?? clone.dataDatabase);
    await until("it is in force", async () => {
      const [row] = await ask<{ state: string }>(
        data,
        "select state from hestia.tenants where tenant_id = $1",
        [tenantId],
      );
      return row?.state === "suspended";
    });
    await lookedAt();
    expect(await count(tenantId, "tenant.trial_ended")).toBe(1);
    expect(await count(tenantId, "tenant.suspended")).toBe(1);
    const { items } = await client.audit.listForTenant({ tenantId });
    expect(items.find(({ type }) => type === "tenant.trial_ended")).toMatchObject({
      ...{ actor: { kind: "system", name: "schedule" }, reason: "The trial ended." },
      data: { trialEndsAt },
    });
    // Whoever resumes it makes a customer of it.
    await client.tenants.resume({ tenantId });
    await lookedAt();
    expect((await get(tenantId)).status).toBe("active");
  });
});

test("a trial that two servers find over at the same moment ends once", async () => {
  const { id: tenantId } = await fresh("tried");
  const { databaseUrl } = place.clone;
  await withClient(databaseUrl, async (holder) => {
    await holder.query(
      "update platform.tenants set trial_ends_at = now() - interval '1 day' where id = $1",
      [tenantId],
    );
    await holder.query("begin");
    await holder.query("select from platform.tenants where id = $1 for update", [tenantId]);
    await until("both wait for the tenant, or it is over already", async () => {
      const waiting = await ask(
        databaseUrl,
        `select distinct application_name from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '%for no key update%'`,
      );
      return waiting.length === 2 || (await get(tenantId)).status === "suspended";
    });
    await holder.query("commit");
  });
  await until("it is over", async () => (await get(tenantId)).status === "suspended");
  await lookedAt();
  expect(await count(tenantId, "tenant.trial_ended")).toBe(1);
  expect(await count(tenantId, "tenant.suspended")).toBe(1);
});

describe("a trial", () => {
  test("is extended, ended and taken away by an operator", async () => {
    const { client } = place;
    const { id: tenantId } = await fresh("tried");
    const later = inDays(40);
    const extended = await client.tenants.update(
      { tenantId, trialEndsAt: later },
      { ifMatch: "*" },
    );
    expect(extended.trialEndsAt).toBe(later.toISOString());
    aheadMs += 20 * dayMs;
    await lookedAt();
    expect((await get(tenantId)).status).toBe("active");
    await client.tenants.update({ tenantId, trialEndsAt: now() }, { ifMatch: "*" });
    await until("it is over", async () => (await get(tenantId)).status === "suspended");
    const { id: paying } = await fresh("tried");
    await client.tenants.update({ tenantId: paying, trialEndsAt: null }, { ifMatch: "*" });
    aheadMs += 20 * dayMs;
    await lookedAt();
    expect((await get(paying)).status).toBe("active");
  });

  test("goes with a plan that has none, and does not begin anew with one that has", async () => {
    const { client } = place;
    const { id: tenantId, trialEndsAt } = await fresh("tried");
    const longer = await client.tenants.update({ tenantId, plan: "longer" }, { ifMatch: "*" });
    expect(longer.trialEndsAt).toBe(trialEndsAt);
    const none = await client.tenants.update({ tenantId, plan: "standard" }, { ifMatch: "*" });
    expect(none).not.toHaveProperty("trialEndsAt");
    const back = await client.tenants.update({ tenantId, plan: "tried" }, { ifMatch: "*" });
    expect(back).not.toHaveProperty("trialEndsAt");
    const at = inDays(3);
    const said = await client.tenants.update(
      { tenantId, plan: "standard", trialEndsAt: at },
      { ifMatch: "*" },
    );
    expect(said.trialEndsAt).toBe(at.toISOString());
  });

  test("that is over while the tenant is suspended or deleted ends it when it comes back", async () => {
    const { client } = place;
    const [{ id: held }, { id: deleted }] = [await fresh("tried"), await fresh("tried")];
    await client.tenants.suspend({ tenantId: held, reason: "unpaid" });
    await client.tenants.delete({ tenantId: deleted }, { waitSeconds: 20 });
    aheadMs += 15 * dayMs;
    await lookedAt();
    expect((await get(held)).statusReason).toBe("unpaid");
    expect((await get(deleted)).status).toBe("deleting");
    await client.tenants.resume({ tenantId: held });
    await client.tenants.restore({ tenantId: deleted });
    for (const tenantId of [held, deleted])
      await until(
        "it is over",
        async () => (await get(tenantId)).statusReason === "The trial ended.",
      );
  });

  test("begins when a tenant that waited is activated, not before", async () => {
    const { client } = place;
    await client.plans.create({ id: "both", name: "Both", trialDays: 5, requires: ["approval"] });
    const { id: tenantId } = await fresh("both");
    expect(await get(tenantId)).not.toHaveProperty("trialEndsAt");
    aheadMs += 6 * dayMs;
    const before = now().getTime();
    const asked = { tenantId, requirement: "approval", reason: "Known." } as const;
    expect(await client.verifications.verify(asked)).toMatchObject({ status: "active" });
    const { trialEndsAt } = await get(tenantId);
    expect(Date.parse(trialEndsAt ?? "")).toBeGreaterThanOrEqual(before + 5 * dayMs);
  });
});

describe("the review of a suspension", () => {
  test("is told once when it is due, listed until it is given another day, and gone when the tenant is served", async () => {
    const { client } = place;
    const { id: tenantId } = await fresh("standard");
    const reviewAt = inDays(7);
    const suspended = await client.tenants.suspend({ tenantId, reason: "unpaid", reviewAt });
    expect(suspended.reviewAt).toBe(reviewAt.toISOString());
    const due = async () =>
      (await client.tenants.list({ reviewDue: true })).items.map(({ id }) => id);
    expect(await due()).not.toContain(tenantId);
    aheadMs += 8 * dayMs;
    await until("it is due", async () => (await due()).includes(tenantId));
    const others = await client.tenants.list({ reviewDue: false, limit: 200 });
    expect(others.items.map(({ id }) => id)).not.toContain(tenantId);
    await lookedAt();
    expect(await count(tenantId, "tenant.suspension_review_due")).toBe(1);
    const again = inDays(7);
    const postponed = await client.tenants.update({ tenantId, reviewAt: again }, { ifMatch: "*" });
    expect(postponed).not.toHaveProperty("reviewDueAt");
    expect(await due()).not.toContain(tenantId);
    aheadMs += 8 * dayMs;
    await until("it is due again", async () => (await due()).includes(tenantId));
    expect(await count(tenantId, "tenant.suspension_review_due")).toBe(2);
    // Another reason is no review.
    await client.tenants.suspend({ tenantId, reason: "still unpaid" });
    expect(await due()).toContain(tenantId);
    const resumed = await client.tenants.resume({ tenantId });
    expect(resumed).not.toHaveProperty("reviewAt");
    expect(resumed).not.toHaveProperty("reviewDueAt");
  });

  test("outlives a deletion, and is not told of a tenant that is not there", async () => {
    const { client } = place;
    const { id: tenantId } = await fresh("standard");
    const reviewAt = inDays(2);
    await client.tenants.suspend({ tenantId, reason: "unpaid", mode: "readonly", reviewAt });
    await client.tenants.delete({ tenantId }, { waitSeconds: 20 });
    aheadMs += 3 * dayMs;
    await lookedAt();
    expect(await count(tenantId, "tenant.suspension_review_due")).toBe(0);
    expect(await client.tenants.restore({ tenantId })).toMatchObject({ status: "readonly" });
    await until("it is due", async () => (await get(tenantId)).reviewDueAt !== undefined);
  });

  test("is refused where it makes no sense", async () => {
    const { client } = place;
    const { id: tenantId } = await fresh("standard");
    const past = client.tenants.suspend({ tenantId, reason: "unpaid", reviewAt: inDays(-1) });
    const fault = { faults: [{ pointer: "/reviewAt", code: "too_small" }] };
    expect(await failure(past)).toMatchObject(fault);
    const served = client.tenants.update({ tenantId, reviewAt: inDays(1) }, { ifMatch: "*" });
    expect(await failure(served)).toMatchObject({
      faults: [{ pointer: "/reviewAt", code: "not_allowed" }],
    });
    expect((await get(tenantId)).status).toBe("active");
    // With everything else that only the whole can tell.
    const half = "x".repeat(limits.settingsBytesMax / 2);
    await client.tenants.update({ tenantId, settings: { half } }, { ifMatch: "*" });
    const whole = client.tenants.update(
      { tenantId, plan: "no-such", reviewAt: inDays(1), settings: { other: half } },
      { ifMatch: "*" },
    );
    expect((await failure(whole))?.faults?.map(({ pointer }) => pointer)).toEqual([
      ...["/plan", "/reviewAt", "/settings"],
    ]);
  });
});

test("one that fails keeps no other waiting", async () => {
  const { client, clone } = place;
  const [{ id: stuck }, { id: other }] = [await fresh("tried"), await fresh("tried")];
  await ask(
    clone.databaseUrl,
    `create function platform.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;
     create trigger refuse before update on platform.tenants for each row
       when (old.id = '${stuck}' and new.status = 'suspended') execute function platform.refuse()`,
  );
  await client.tenants.update({ tenantId: stuck, trialEndsAt: now() }, { ifMatch: "*" });
  await client.tenants.update({ tenantId: other, trialEndsAt: now() }, { ifMatch: "*" });
  await until("the other is over", async () => (await get(other)).status === "suspended");
  expect((await get(stuck)).status).toBe("active");
  await ask(clone.databaseUrl, "drop trigger refuse on platform.tenants");
  await until("it is over", async () => (await get(stuck)).status === "suspended");
});
