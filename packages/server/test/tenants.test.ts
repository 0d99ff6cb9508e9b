// The tenants slice, through the client, in every isolation model.
import { createClient, type TenantView } from "@hestia/api";
import { type HestiaError, isolationModels } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, createTenant, startWorld, testKey, type World } from "./world.ts";

for (const isolation of isolationModels)
  describe(`a ${isolation} tenant`, () => {
    let world: World;
    beforeAll(async () => {
      world = await startWorld(isolation);
    });
    afterAll(() => world.end());

    const scopeState = async ({ id, placement }: TenantView) => {
      const database = placement.database ?? world.clone.dataDatabase;
      const rows = await ask<{ state: string }>(
        withDatabase(world.clone.databaseUrl, database),
        "select state from hestia.tenants where tenant_id = $1",
        [id],
      );
      return rows[0]?.state;
    };

    test("is active with a place of its own once it was waited for", async () => {
      const { acme } = world;
      expect(acme).toMatchObject({ slug: "acme", status: "active", isolation, plan: "standard" });
      expect(acme.placement.cluster).toBe("default");
      expect(acme.placement.schema !== undefined).toBe(isolation === "schema");
      expect(acme.placement.database !== undefined).toBe(isolation === "database");
      expect(await scopeState(acme)).toBe("active");
      const operation = await world.client.operations.get({ operationId: acme.operationId });
      expect(operation).toMatchObject({ status: "succeeded", progress: 1, tenantId: acme.id });
      expect(operation.steps.map(({ name, status }) => [name, status])).toEqual(
        [
          "validate",
          "make partition",
          "apply migrations",
          "initial configuration",
          "verify",
          "activate",
        ].map((name) => [name, "succeeded"]),
      );
    });

    test("is answered with 202 and can be followed to its end when it is not waited for", async () => {
      const { client } = world;
      const { status, body, location } = await client.tenants.create.withResponse({
        slug: "later",
        name: "Later",
        isolation,
      });
      expect(status).toBe(202);
      expect(body.status).toBe("provisioning");
      const { operationId } = body as typeof world.acme;
      expect(location).toBe(`/v1/operations/${operationId}`);
      const seen: string[] = [];
      for await (const operation of client.operations.events({ operationId }))
        seen.push(operation.status);
      expect(seen.at(-1)).toBe("succeeded");
      expect((await client.tenants.get({ tenantId: body.id })).status).toBe("active");
    });

    test("is suspended, read-only, resumed, deleted and restored, each in force at the database", async () => {
      const { client } = world;
      const { id: tenantId } = await createTenant(client, { slug: "moves", isolation });
      const blocked = await client.tenants.suspend({ tenantId, reason: "unpaid" });
      expect(blocked).toMatchObject({ status: "suspended", statusReason: "unpaid" });
      expect(await scopeState(blocked)).toBe("suspended");
      const readonly = await client.tenants.suspend({
        tenantId,
        reason: "half paid",
        mode: "readonly",
      });
      expect([readonly.status, await scopeState(readonly)]).toEqual(["readonly", "readonly"]);
      const resumed = await client.tenants.resume({ tenantId });
      expect([resumed.status, await scopeState(resumed)]).toEqual(["active", "active"]);
      const deletion = await client.tenants.delete(
        { tenantId, reason: "gone" },
        { waitSeconds: 20 },
      );
      expect(deletion).toMatchObject({ kind: "tenant.delete", status: "succeeded", tenantId });
      const deleted = await client.tenants.get({ tenantId });
      expect([deleted.status, await scopeState(deleted)]).toEqual(["deleting", "ended"]);
      const restored = await client.tenants.restore({ tenantId });
      expect([restored.status, await scopeState(restored)]).toEqual(["active", "active"]);
    });

    test("has every change in its audit log, the newest first, with who and why", async () => {
      const { client } = world;
      const { id: tenantId } = await createTenant(client, { slug: "audited", isolation });
      await client.tenants.suspend({ tenantId, reason: "unpaid" }, { requestId: "request-7" });
      const { items } = await client.audit.listForTenant({ tenantId });
      expect(items.map((event) => event.type)).toEqual([
        "tenant.suspended",
        "tenant.activated",
        "tenant.created",
      ]);
      expect(items[0]).toMatchObject({
        reason: "unpaid",
        requestId: "request-7",
        actor: { kind: "operator", name: "HESTIA_OPERATOR_KEY" },
        data: { before: { status: "active" }, after: { status: "suspended" }, mode: "blocked" },
      });
    });
  });

describe("tenants", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.end());

  const refusal = (promise: Promise<unknown>): Promise<HestiaError> =>
    promise.then(
      () => expect.unreachable("it was not refused"),
      (error: HestiaError) => error,
    );

  test("every fault of an input is listed at once, and nothing is written", async () => {
    const before = await world.client.tenants.list({ limit: 200 });
    const input = {
      slug: "-Bad-",
      name: "",
      isolation: "cloud",
      domain: "localhost",
      plan: "X",
      extra: 1,
      adminEmail: "no",
    };
    const error = await refusal(world.client.tenants.create(input as never));
    expect(error.code).toBe("invalid_input");
    expect(new Set(error.faults?.map((fault) => fault.pointer))).toEqual(
      new Set(["/slug", "/name", "/isolation", "/domain", "/plan", "/extra", "/adminEmail"]),
    );
    expect(await world.client.tenants.list({ limit: 200 })).toEqual(before);
  });

  test("a taken slug, a taken domain, a reserved slug and an unknown plan are refused", async () => {
    const { client } = world;
    expect(await refusal(client.tenants.create({ slug: "acme", name: "A" }))).toMatchObject({
      code: "tenant_slug_taken",
    });
    expect(
      await refusal(client.tenants.create({ slug: "acme2", name: "A", domain: "app.acme.test" })),
    ).toMatchObject({
      code: "tenant_domain_taken",
    });
    expect(await refusal(client.tenants.create({ slug: "admin", name: "A" }))).toMatchObject({
      code: "invalid_input",
    });
    expect(
      await refusal(client.tenants.create({ slug: "acme3", name: "A", plan: "gold" })),
    ).toMatchObject({
      code: "invalid_input",
      faults: [{ pointer: "/plan" }],
    });
  });

  test("of two creations with one slug at the same time one succeeds", async () => {
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map((n) => world.client.tenants.create({ slug: "race", name: `Race ${n}` })),
    );
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason.code).toBe("tenant_slug_taken");
  });

  test("a change needs the version that it was made from, and of two with the same one is refused", async () => {
    const { client } = world;
    const { id: tenantId } = await createTenant(client, {
      slug: "patched",
      settings: { a: 1, b: 2 },
    });
    const { etag = "" } = await client.tenants.get.withResponse({ tenantId });
    const bare = await fetch(`${world.url}/v1/tenants/${tenantId}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${testKey}`,
        "content-type": "application/merge-patch+json",
      },
      body: "{}",
    });
    expect(bare.status).toBe(428);
    const results = await Promise.allSettled(
      ["One", "Two"].map((name) =>
        client.tenants.update({ tenantId, name, settings: { b: null } }, { ifMatch: etag }),
      ),
    );
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.map((result) => result.reason.code)).toEqual(["precondition_failed"]);
    const tenant = await client.tenants.get({ tenantId });
    expect(tenant.settings).toEqual({ a: 1 });
    expect(tenant.version).toBe(Number(etag.replaceAll('"', "")) + 1);
  });

  test("a request with an idempotency key is answered once, whatever is sent meanwhile", async () => {
    const { client } = world;
    const input = { slug: "once", name: "Once" };
    const options = { idempotencyKey: "key-1", waitSeconds: 20 };
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => client.tenants.create(input, options)),
    );
    for (const result of results)
      if (result.status === "rejected") expect(result.reason.code).toBe("idempotency_in_flight");
    expect(results.some((result) => result.status === "fulfilled")).toBe(true);
    const again = await client.tenants.create.withResponse(input, options);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
    expect(
      await refusal(client.tenants.create({ ...input, name: "Other" }, options)),
    ).toMatchObject({
      code: "idempotency_key_reused",
    });
    expect(
      await refusal(
        client.tenants.create({ slug: "acme", name: "A" }, { idempotencyKey: "key-2" }),
      ),
    ).toMatchObject({
      code: "tenant_slug_taken",
    });
    await client.tenants.create({ slug: "free-now", name: "A" }, { idempotencyKey: "key-2" });
  });

  test("a list is paged, filtered, searched and sorted, and a cursor serves its own list alone", async () => {
    const { client } = world;
    for (const slug of ["list-c", "list-a", "list-b"])
      await createTenant(client, { slug, name: `Zed ${slug}` });
    const filter = { q: "ZED LIST", sort: "name" as const, limit: 2 };
    const first = await client.tenants.list(filter);
    expect(first.items.map((tenant) => tenant.slug)).toEqual(["list-a", "list-b"]);
    const cursor = first.nextCursor ?? "";
    const second = await client.tenants.list({ ...filter, cursor });
    expect([second.items.map((tenant) => tenant.slug), second.nextCursor]).toEqual([
      ["list-c"],
      undefined,
    ]);
    expect(await refusal(client.tenants.list({ ...filter, sort: "-name", cursor }))).toMatchObject({
      code: "cursor_invalid",
    });
    for (const sort of [
      "createdAt",
      "-createdAt",
      "updatedAt",
      "-updatedAt",
      "name",
      "-name",
      "slug",
      "-slug",
    ] as const) {
      const all: string[] = [];
      for (let page = await client.tenants.list({ sort, limit: 3 }); ; ) {
        all.push(...page.items.map((tenant) => tenant.id));
        if (page.nextCursor === undefined) break;
        page = await client.tenants.list({ sort, limit: 3, cursor: page.nextCursor });
      }
      expect(new Set(all).size).toBe(all.length);
      expect(all).toHaveLength((await client.tenants.list({ limit: 200 })).items.length);
    }
    expect((await client.tenants.list({ status: ["suspended"] })).items).toEqual([]);
    expect((await client.tenants.list({ isolation: ["database"] })).items).toEqual([]);
    expect((await client.tenants.list({ slug: "acme" })).items).toHaveLength(1);
    expect((await client.tenants.list({ q: "100%_" })).items).toEqual([]);
  });

  test("without a valid key nothing is shown, and every such answer is the same", async () => {
    const bodies = await Promise.all(
      [undefined, "wrong-key-wrong-key-wrong-key-wrong-key", ""].map(async (key) => {
        const response = await fetch(`${world.url}/v1/tenants`, {
          headers: {
            "x-request-id": "same",
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          },
        });
        expect(response.status).toBe(401);
        return response.text();
      }),
    );
    expect(new Set(bodies).size).toBe(1);
    const stranger = createClient({ baseUrl: world.url });
    expect(await refusal(stranger.tenants.get({ tenantId: world.acme.id }))).toMatchObject({
      code: "unauthenticated",
    });
  });
});
