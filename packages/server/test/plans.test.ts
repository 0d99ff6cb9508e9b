// Plans: made, changed, kept while tenants have them, with every fault at once and every change in the audit log.
import type { HestiaError } from "@hestia/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant, type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place?.end());

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: HestiaError) => error,
  );

test("a plan is created with its defaults, changed by merge patch, and tells all of it in the audit log", async () => {
  const { plans, audit } = place.client;
  const made = await plans.create({ id: "business", name: " Business ", defaults: { a: 1, b: 2 } });
  expect(made).toMatchObject({
    ...{ id: "business", name: "Business", isolation: "shared", defaults: { a: 1, b: 2 } },
    ...{ requires: [], graceDays: 30, archiveDays: 90, warm: 0, version: 1 },
  });
  expect(made).not.toHaveProperty("trialDays");
  const patch: Parameters<typeof plans.update>[0] = {
    ...{ planId: "business", description: "For teams.", trialDays: 14, warm: 2 },
    ...{ isolation: "schema", requires: ["approval", "email"], defaults: { a: null, c: 3 } },
  };
  const changed = await plans.update(patch, { ifMatch: '"1"' });
  expect(changed).toMatchObject({
    ...{ description: "For teams.", trialDays: 14, warm: 2, isolation: "schema", version: 2 },
    ...{ requires: ["email", "approval"], defaults: { b: 2, c: 3 } },
  });
  expect(Object.keys(changed.defaults)).toEqual(["b", "c"]);
  const plain = await plans.update(
    { planId: "business", description: null, trialDays: null },
    { ifMatch: '"2"' },
  );
  expect(plain).not.toHaveProperty("trialDays");
  expect(plain).not.toHaveProperty("description");
  const same = await plans.update({ planId: "business", name: "Business" }, { ifMatch: '"3"' });
  expect(same.version).toBe(3);
  expect(await plans.get({ planId: "business" })).toEqual(same);
  await plans.delete({ planId: "business", reason: "nobody wants it" });
  expect(await failure(plans.get({ planId: "business" }))).toMatchObject({
    code: "plan_not_found",
  });
  const types = ["plan.created", "plan.updated", "plan.deleted"] as const;
  const { items } = await audit.list({ type: [...types] });
  expect(items.map(({ type }) => type)).toEqual([
    ...["plan.deleted", "plan.updated", "plan.updated", "plan.created"],
  ]);
  expect(items[0]).toMatchObject({ reason: "nobody wants it", data: { planId: "business" } });
  expect(items[1]?.data).toMatchObject({
    before: { description: "For teams.", trialDays: 14 },
    after: { description: null, trialDays: null },
  });
});

test("every fault is told at once, and what does not go together", async () => {
  const { plans } = place.client;
  const wrong = { id: "Nine 9", name: "\u0000", warm: 1001, trialDays: 0, graceDays: -1 };
  const requires = ["email", "email", "fax"] as never;
  const refused = await failure(plans.create({ ...wrong, requires, archiveDays: 1.5 }));
  expect(refused).toMatchObject({ code: "invalid_input" });
  const pointers = new Set(refused?.faults?.map(({ pointer }) => pointer.split("/")[1]));
  expect([...pointers].sort()).toEqual(
    ["archiveDays", "graceDays", "id", "name", "requires", "trialDays", "warm"].sort(),
  );
  await plans.create({ id: "faulty", name: "Faulty" });
  const patch = { planId: "faulty", name: "", description: "\u0007", trialDays: 1.5, warm: -1 };
  const patched = await failure(
    plans.update({ ...patch, defaults: { deep: "\u0000" } }, { ifMatch: "*" }),
  );
  expect(patched?.faults?.map(({ pointer }) => pointer).sort()).toEqual([
    ...["/defaults/deep", "/description", "/name", "/trialDays", "/warm"],
  ]);
  expect(
    await failure(plans.update({ planId: "faulty", warm: 1 }, { ifMatch: "*" })),
  ).toMatchObject({ faults: [{ pointer: "/warm", code: "not_allowed" }] });
  await plans.update({ planId: "faulty", warm: 1, isolation: "database" }, { ifMatch: "*" });
  // Back to shared alone would leave what cannot be.
  expect(
    await failure(plans.update({ planId: "faulty", isolation: "shared" }, { ifMatch: "*" })),
  ).toMatchObject({ faults: [{ pointer: "/warm" }] });
  expect(await failure(plans.create({ id: "faulty", name: "Again" }))).toMatchObject({
    code: "plan_taken",
    details: { planId: "faulty" },
  });
});

test("a change names the version that it was made from", async () => {
  const { plans } = place.client;
  await plans.create({ id: "raced", name: "Raced" });
  const names = ["One", "Two", "Three"];
  const all = await Promise.allSettled(
    names.map((name) => plans.update({ planId: "raced", name }, { ifMatch: '"1"' })),
  );
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const each of all)
    if (each.status === "rejected")
      expect(each.reason).toMatchObject({ code: "precondition_failed" });
  expect(await failure(plans.update({ planId: "raced", name: "X" }, {} as never))).toMatchObject({
    code: "precondition_required",
  });
  expect(await failure(plans.delete({ planId: "raced" }, { ifMatch: '"1"' }))).toMatchObject({
    code: "precondition_failed",
  });
});

test("a key makes a plan once, also when the request comes twice", async () => {
  const { plans } = place.client;
  const input = { id: "once", name: "Once" };
  const [first, again] = [
    await plans.create.withResponse(input, { idempotencyKey: "plan-1" }),
    await plans.create.withResponse(input, { idempotencyKey: "plan-1" }),
  ];
  expect(again.body).toEqual(first.body);
  expect(first.location).toBe("/v1/plans/once");
});

test("a plan stays while tenants have it, and `standard` for ever", async () => {
  const { client } = place;
  await client.plans.create({ id: "used", name: "Used" });
  const { id: tenantId } = await createTenant(client, { slug: "customer", plan: "used" });
  expect(await failure(client.plans.delete({ planId: "used" }))).toMatchObject({
    code: "plan_in_use",
    details: { tenants: 1 },
  });
  expect(await failure(client.plans.delete({ planId: "standard" }))).toMatchObject({
    code: "plan_in_use",
  });
  await client.tenants.delete({ tenantId }, { waitSeconds: 20 });
  expect(await failure(client.plans.delete({ planId: "used" }))).toMatchObject({
    code: "plan_in_use",
  });
  // Of a purged one nothing has to be known any more.
  await client.tenants.purge({ tenantId, reason: "asked for" }, { waitSeconds: 30 });
  await client.plans.delete({ planId: "used" });
  const rows = await ask(place.clone.databaseUrl, "select from platform.plans where id = 'used'");
  expect(rows).toEqual([]);
});

test("a plan that is deleted while tenants are created with it is either in use or gone for them", async () => {
  const { client } = place;
  for (const round of [1, 2, 3, 4, 5]) {
    const planId = `race-${round}`;
    await client.plans.create({ id: planId, name: planId });
    const [deleted, created] = await Promise.allSettled([
      client.plans.delete({ planId }),
      client.tenants.create({ slug: planId, name: planId, plan: planId }),
    ]);
    expect([deleted.status, created.status].sort()).toEqual(["fulfilled", "rejected"]);
    for (const each of [deleted, created])
      if (each.status === "rejected")
        expect(["plan_in_use", "invalid_input"]).toContain((each.reason as HestiaError).code);
  }
});

test("the list goes on page by page, each plan once", async () => {
  const { plans } = place.client;
  for (const id of ["a_1", "a-1", "a1", "aa"]) await plans.create({ id, name: id });
  const seen: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await plans.list({ limit: 2, cursor });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toEqual(expect.arrayContaining(["a-1", "a1", "a_1", "aa", "standard"]));
  expect(await failure(plans.list({ cursor: "bm90LW91cnM" }))).toMatchObject({
    code: "cursor_invalid",
  });
});
