// Several servers on one platform: they share the deliveries without doubling them, and what a dead one was at is taken
// over in about a second, what a frozen one was at in about eight, in the same order.
import type { DeliveryStatus, WebhookId } from "@hestia/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { accept, type Receiver, startReceiver } from "./receiver.ts";
import { ask, createTenant, until } from "./world.ts";

let clone: Clone;
let receiver: Receiver;
const servers: ServerProcess[] = [];
const start = async () => {
  const server = await startProcess(clone, {
    HESTIA_WEBHOOK_ALLOW: "127.0.0.0/8",
    HESTIA_HOSTS: "hestia.example.net",
  });
  servers.push(server);
  return server;
};

beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
});
afterAll(() => clone.drop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  // One that is frozen still would not hear that it is to end.
  for (const { child } of servers) child.kill("SIGCONT");
  await Promise.all(servers.splice(0).map((server) => server.kill("SIGTERM")));
  await receiver.end();
});

let made = 0;
async function prepared({ client }: ServerProcess, tenants: number) {
  const ids = await Promise.all(
    Array.from(
      { length: tenants },
      async () => (await createTenant(client, { slug: `t-${++made}` })).id,
    ),
  );
  const asked = {
    name: `Hook ${++made}`,
    url: receiver.url,
    eventTypes: ["tenant.updated" as const],
  };
  return { ids, webhook: await client.webhooks.create(asked) };
}

const count = async (webhookId: WebhookId, status: DeliveryStatus) => {
  const rows = await ask<{ count: number }>(
    clone.databaseUrl,
    "select count(*)::integer as count from platform.webhook_deliveries where webhook_id = $1 and status = $2",
    [webhookId, status],
  );
  return rows[0]?.count ?? 0;
};

test("two servers share the work: every event once, and each tenant's in order", async () => {
  const [one, two] = [await start(), await start()];
  const { ids, webhook } = await prepared(one, 8);
  const rounds = 12;
  await Promise.all(
    ids.map(async (tenantId, index) => {
      const { client } = index % 2 === 0 ? one : two;
      for (let n = 0; n < rounds; n++)
        await client.tenants.update({ tenantId, name: `Name ${n}` }, { ifMatch: "*" });
    }),
  );
  await until(
    "all are delivered",
    async () => (await count(webhook.id, "delivered")) === rounds * ids.length,
    40_000,
  );
  expect(receiver.received).toHaveLength(rounds * ids.length);
  for (const id of ids) {
    const sequence = receiver.received
      .filter(({ body }) => body.subject === id)
      .map(({ body }) => body.sequence);
    expect(sequence).toEqual([...new Set(sequence)].sort());
  }
  // One source, whichever of them sends.
  expect(new Set(receiver.received.map(({ body }) => body.source))).toEqual(
    new Set(["https://hestia.example.net"]),
  );
  expect(receiver.received.every((each) => each.verifies(webhook.secret))).toBe(true);
});

test("what a server was sending when it was killed is sent by another, with what waited behind", async () => {
  const one = await start();
  const { ids, webhook } = await prepared(one, 2);
  receiver.answer(() => {});
  for (const tenantId of ids)
    for (const name of ["First", "Second"])
      await one.client.tenants.update({ tenantId, name }, { ifMatch: "*" });
  await until("both tenants' first events are under way", () => receiver.received.length === 2);
  const two = await start();
  // It leaves alone what another server holds.
  await two.client.tenants.list();
  expect(receiver.received).toHaveLength(2);
  receiver.answer(accept);
  await one.kill();
  const killedAt = performance.now();
  await until("all are delivered", async () => (await count(webhook.id, "delivered")) === 4);
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  for (const id of ids) {
    const of = receiver.received.filter(({ body }) => body.subject === id);
    const names = of.map(({ body }) => (body.data.data as { after: { name: string } }).after.name);
    expect(names).toEqual(["First", "First", "Second"]);
    expect(of[0]?.headers["webhook-id"]).toBe(of[1]?.headers["webhook-id"]);
  }
});

test("what a frozen server was sending is sent by another, and the one that wakes up serves on", async () => {
  const one = await start();
  const { ids, webhook } = await prepared(one, 2);
  receiver.answer(() => {});
  for (const tenantId of ids)
    for (const name of ["First", "Second"])
      await one.client.tenants.update({ tenantId, name }, { ifMatch: "*" });
  await until("both tenants' first events are under way", () => receiver.received.length === 2);
  one.child.kill("SIGSTOP");
  receiver.answer(accept);
  const two = await start();
  await until("all are delivered", async () => (await count(webhook.id, "delivered")) === 4);
  one.child.kill("SIGCONT");
  await until("it has sessions again", async () => (await fetch(`${one.url}/readyz`)).ok);
  for (const tenantId of ids)
    await one.client.tenants.update({ tenantId, name: "Third" }, { ifMatch: "*" });
  await until("the last too", async () => (await count(webhook.id, "delivered")) === 6);
  for (const id of ids) {
    const of = receiver.received.filter(({ body }) => body.subject === id);
    const names = of.map(({ body }) => (body.data.data as { after: { name: string } }).after.name);
    expect(names).toEqual(["First", "First", "Second", "Third"]);
  }
  await two.kill();
  for (const tenantId of ids)
    await one.client.tenants.update({ tenantId, name: "Fourth" }, { ifMatch: "*" });
  await until("it delivers alone", async () => (await count(webhook.id, "delivered")) === 8);
});

test("a server that is told to stop lets go of what it was at, and another sends it", async () => {
  const one = await start();
  const { ids, webhook } = await prepared(one, 1);
  receiver.answer(() => {});
  for (const tenantId of ids)
    await one.client.tenants.update({ tenantId, name: "First" }, { ifMatch: "*" });
  await until("it is under way", () => receiver.received.length === 1);
  await one.kill("SIGTERM");
  // Nothing came of it: it counts as no try.
  expect([await count(webhook.id, "pending"), await count(webhook.id, "failed")]).toEqual([1, 0]);
  receiver.answer(accept);
  await start();
  await until("it is delivered", async () => (await count(webhook.id, "delivered")) === 1);
});

test("events that were written while no server ran are sent by the next", async () => {
  const one = await start();
  const { ids, webhook } = await prepared(one, 1);
  receiver.answer((response) => void response.socket?.destroy());
  for (const tenantId of ids)
    for (const name of ["First", "Second"])
      await one.client.tenants.update({ tenantId, name }, { ifMatch: "*" });
  await until("it was tried", async () => (await count(webhook.id, "failed")) === 1);
  await one.kill();
  receiver.answer(accept);
  await start();
  await until("both are delivered", async () => (await count(webhook.id, "delivered")) === 2);
});
