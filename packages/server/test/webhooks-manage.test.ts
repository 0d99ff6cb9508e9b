// Webhooks as operators manage them: names, limits, versions, filters and what hostile input comes to.
import { errorCodes, limits, makeId, type TenantId } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTenant, startWorld, testKey, type World } from "./world.ts";

const url = "https://example.com/hooks";
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const faultsOf = async (body: unknown, path = "/v1/webhooks", method = "POST") => {
  const response = await fetch(world.url + path, {
    method,
    headers: {
      authorization: `Bearer ${testKey}`,
      "content-type": "application/json",
      "if-match": "*",
    },
    body: JSON.stringify(body),
  });
  const { code, errors = [] } = (await response.json()) as {
    code: string;
    errors?: { pointer: string; code: string }[];
  };
  expect(errorCodes).toHaveProperty(code);
  return [response.status, ...errors.map((fault) => `${fault.pointer} ${fault.code}`)];
};

describe("a webhook that cannot be", () => {
  test.each([
    [{}, ["/name required", "/url required"]],
    [{ name: "", url: "" }, ["/name too_short", "/url malformed"]],
    [{ name: "a\u0000b", url }, ["/name malformed"]],
    [{ name: "A", url: "https://me:secret@example.com" }, ["/url not_allowed"]],
    [{ name: "A", url: "https://169.254.169.254/latest/meta-data" }, ["/url not_allowed"]],
    [{ name: "A", url: "https://[::ffff:10.0.0.1]/" }, ["/url not_allowed"]],
    [{ name: "A", url: "http://example.com/" }, ["/url not_allowed"]],
    [{ name: "A", url: "http://localhost:5432/" }, ["/url not_allowed", "/url not_allowed"]],
    [{ name: "A", url: "gopher://example.com/" }, ["/url malformed"]],
    [{ name: "A", url: ["https://example.com"] }, ["/url wrong_type"]],
    [{ name: "A", url, eventTypes: [] }, ["/eventTypes too_short"]],
    [{ name: "A", url, eventTypes: ["tenant.exploded"] }, ["/eventTypes/0 not_allowed"]],
    [{ name: "A", url, eventTypes: "tenant.created" }, ["/eventTypes wrong_type"]],
    [{ name: "A", url, tenantIds: ["acme"] }, ["/tenantIds/0 malformed"]],
    [
      { name: "A", url, tenantIds: [7, null] },
      ["/tenantIds/0 wrong_type", "/tenantIds/1 wrong_type"],
    ],
    [{ name: "A", url, tenantIds: [makeId<TenantId>(0)] }, ["/tenantIds/0 not_found"]],
    [{ name: "A", url, secret: "mine" }, ["/secret unknown"]],
  ])("%o is refused with every fault", async (body, faults) => {
    expect(await faultsOf(body)).toEqual([422, ...faults]);
    expect((await world.client.webhooks.list()).items).toEqual([]);
  });
});

test("a webhook is created, changed by version and deleted, and the audit log tells it", async () => {
  const created = await world.client.webhooks.create({
    name: "CRM",
    url,
    tenantIds: [world.acme.id],
  });
  const { id: webhookId } = created;
  expect(created).toMatchObject({ status: "active", version: 1, tenantIds: [world.acme.id] });
  expect((await world.client.webhooks.list({ name: "CRM" })).items).toHaveLength(1);
  expect((await world.client.webhooks.list({ name: "C" })).items).toEqual([]);
  const taken = world.client.webhooks.create({ name: "CRM", url });
  await expect(taken).rejects.toMatchObject({ code: "webhook_name_taken" });
  const changed = await world.client.webhooks.update(
    { webhookId, name: "Billing", tenantIds: null, eventTypes: ["tenant.deleted"] },
    { ifMatch: '"1"' },
  );
  expect(changed).toMatchObject({ name: "Billing", eventTypes: ["tenant.deleted"], version: 2 });
  expect(changed).not.toHaveProperty("tenantIds");
  const stale = world.client.webhooks.update({ webhookId, name: "X" }, { ifMatch: '"1"' });
  await expect(stale).rejects.toMatchObject({ code: "precondition_failed" });
  await world.client.webhooks.delete({ webhookId });
  await expect(world.client.webhooks.get({ webhookId })).rejects.toMatchObject({
    code: "webhook_not_found",
  });
  const { items } = await world.client.audit.list({ limit: 3 });
  expect(items.map(({ type, data }) => [type, data.webhookId])).toEqual([
    ["webhook.deleted", webhookId],
    ["webhook.updated", webhookId],
    ["webhook.created", webhookId],
  ]);
  expect(items[1]?.data).toMatchObject({ before: { name: "CRM" }, after: { name: "Billing" } });
});

test("ids are taken in any case, and answered in one", async () => {
  const tenantIds = [world.acme.id.toUpperCase() as TenantId];
  const { id, tenantIds: kept } = await world.client.webhooks.create({
    name: "Case",
    url,
    tenantIds,
  });
  expect(kept).toEqual([world.acme.id]);
  const webhookId = id.toUpperCase() as typeof id;
  await world.client.webhooks.delete({ webhookId });
});

test("a delivery of another webhook is as absent as none", async () => {
  const [mine, other] = await Promise.all(
    ["Mine", "Other"].map((name) =>
      world.client.webhooks.create({ name, url: "https://127.0.0.1.invalid/" }),
    ),
  );
  const webhookId = mine?.id ?? ("" as never);
  const { id: deliveryId } = await world.client.webhooks.test({
    webhookId: other?.id ?? webhookId,
  });
  const absent = world.client.webhooks.getDelivery({ webhookId, deliveryId });
  await expect(absent).rejects.toMatchObject({ code: "delivery_not_found" });
  const replay = world.client.webhooks.replayDelivery({ webhookId, deliveryId });
  await expect(replay).rejects.toMatchObject({ code: "delivery_not_found" });
});

test.each([
  [{ from: "2026-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }, ["/to too_small"]],
  [{ from: "yesterday", to: "2026-01-01" }, ["/from malformed", "/to malformed"]],
  [{ from: "2016-12-31T23:59:60Z", to: "2026-01-01T00:00:00Z" }, ["/from malformed"]],
  [{ from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z", status: [] }, ["/status too_short"]],
])("a replay of %o is refused", async (body, faults) => {
  const { id } = await world.client.webhooks.create({
    name: `Replay ${JSON.stringify(body)}`,
    url,
  });
  expect(await faultsOf(body, `/v1/webhooks/${id}/replay`)).toEqual([422, ...faults]);
});

test("times at the ends of the calendar are taken", async () => {
  const { id: webhookId } = await world.client.webhooks.create({ name: "Calendar", url });
  const range = { from: "0000-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999999-23:59" };
  expect(await world.client.webhooks.replay({ webhookId, ...range })).toEqual({
    count: 0,
    more: false,
  });
});

test("there are a hundred at most", async () => {
  const { items } = await world.client.webhooks.list({ limit: 200 });
  for (let count = items.length; count < limits.webhooksMax; count++)
    await world.client.webhooks.create({
      name: `Hook ${count}`,
      url,
      eventTypes: ["webhook.test"],
    });
  const more = world.client.webhooks.create({ name: "One more", url });
  await expect(more).rejects.toMatchObject({ code: "webhook_limit_reached" });
  expect((await world.client.webhooks.list({ limit: 200 })).items).toHaveLength(limits.webhooksMax);
  await createTenant(world.client, { slug: "still-made" });
});
