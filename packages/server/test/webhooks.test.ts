// Webhooks from the change that makes an event to the receiver that verifies it: real servers on loopback, a clock that
// the tests advance, and nothing sent that did not happen.
import type { WebhookWithSecretView } from "@hestia/api";
import type { DeliveryStatus, WebhookId } from "@hestia/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { accept, answerWith, type Receiver, startReceiver } from "./receiver.ts";
import { ask, createTenant, type Place, startPlace, until } from "./world.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

let offsetMs = 0;
let place: Place;
let receiver: Receiver;
beforeAll(async () => {
  const now = () => new Date(Date.now() + offsetMs);
  place = await startPlace({ webhookAllow: ["127.0.0.0/8"] }, { now });
});
afterAll(() => place.end());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  const { items } = await place.client.webhooks.list({ limit: 200 });
  for (const { id: webhookId } of items) await place.client.webhooks.delete({ webhookId });
  await receiver.end();
});

let made = 0;
const tenant = () => createTenant(place.client, { slug: `evented-${++made}` });
type Asked = Partial<Parameters<typeof place.client.webhooks.create>[0]>;
const hook = (asked: Asked = {}) =>
  place.client.webhooks.create({ name: `Hook ${++made}`, url: receiver.url, ...asked });
const sql = <Row>(text: string, values: unknown[] = []) =>
  ask<Row>(place.clone.databaseUrl, text, values);
const rename = (
  tenantId: Parameters<typeof place.client.tenants.get>[0]["tenantId"],
  name: string,
) => place.client.tenants.update({ tenantId, name }, { ifMatch: "*" });
const deliveries = async (webhookId: WebhookId, status?: DeliveryStatus[]) =>
  (await place.client.webhooks.deliveries({ webhookId, status, limit: 200 })).items;
const types = () => receiver.received.map(({ body }) => body.type);
const untilReceived = (count: number) =>
  until(`${count} events are received`, () => receiver.received.length >= count);

test("a change reaches the receiver as a signed CloudEvent that a library of others verifies", async () => {
  const { id: webhookId, secret } = await hook({ eventTypes: ["tenant.created"] });
  const { id, slug } = await tenant();
  await untilReceived(1);
  const [one] = receiver.received;
  const { items } = await place.client.audit.listForTenant({
    tenantId: id,
    type: ["tenant.created"],
  });
  expect(one?.body).toEqual({
    specversion: "1.0",
    id: items[0]?.id,
    source: "https://hestia.example.net",
    type: "hestia.tenant.created",
    subject: id,
    time: items[0]?.at,
    datacontenttype: "application/json",
    sequence: "0000000000000000001",
    data: items[0],
  });
  expect(one?.body.data).toMatchObject({ data: { after: { slug } } });
  expect(one?.headers).toMatchObject({
    "content-type": "application/cloudevents+json; charset=utf-8",
    "webhook-id": items[0]?.id,
    "user-agent": "Hestia",
  });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one?.verifies(secret)).toBe(true);
  expect(one?.verifies(`whsec_${btoa("another secret altogether")}`)).toBe(false);
  await until(
    "it is in the log",
    async () => (await deliveries(webhookId, ["delivered"])).length === 1,
  );
  const [delivery] = await deliveries(webhookId);
  const deliveryId = delivery?.id as NonNullable<typeof delivery>["id"];
  expect(await place.client.webhooks.getDelivery({ webhookId, deliveryId })).toMatchObject({
    status: "delivered",
    type: "tenant.created",
    tenantId: id,
    attempts: [{ statusCode: 204, durationMs: expect.any(Number) }],
  });
});

test("a webhook gets what its filters let through, and nothing else", async () => {
  const wanted = await tenant();
  const other = await tenant();
  await hook({ eventTypes: ["tenant.updated"], tenantIds: [wanted.id] });
  await rename(other.id, "Other");
  await place.client.tenants.suspend({ tenantId: wanted.id, reason: "unpaid" });
  await place.client.tenants.resume({ tenantId: wanted.id });
  await rename(wanted.id, "Wanted");
  await untilReceived(1);
  expect(receiver.received.map(({ body }) => [body.type, body.subject])).toEqual([
    ["hestia.tenant.updated", wanted.id],
  ]);
});

test("an event that is rolled back is never sent", async () => {
  await hook();
  const { id } = await tenant();
  await untilReceived(2);
  await sql(`create function refuse_lane() returns trigger language plpgsql as
    $$ begin raise exception 'no'; end $$`);
  await sql(`create constraint trigger refuse_lane after insert or update on platform.tenants
    deferrable initially deferred for each row execute function refuse_lane()`);
  await expect(rename(id, "Never")).rejects.toMatchObject({ code: "internal" });
  await sql("drop trigger refuse_lane on platform.tenants");
  await rename(id, "Really");
  await untilReceived(3);
  expect(receiver.received.at(-1)?.body.data).toMatchObject({
    data: { after: { name: "Really" } },
  });
  expect(JSON.stringify(receiver.received)).not.toContain("Never");
});

test("events of a tenant come in their order, whatever the receiver takes its time over", async () => {
  const tenants = await Promise.all(Array.from({ length: 6 }, tenant));
  const { id: webhookId } = await hook({ eventTypes: ["tenant.updated"] });
  const atOnce = new Map<string | undefined, number>();
  let overlaps = 0;
  receiver.answer(async (response, { body: { subject } }) => {
    const others = atOnce.get(subject) ?? 0;
    if (others > 0) overlaps += 1;
    atOnce.set(subject, others + 1);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    atOnce.set(subject, others);
    response.writeHead(204).end();
  });
  const rounds = 15;
  await Promise.all(
    tenants.map(async ({ id }) => {
      for (let n = 0; n < rounds; n++) await rename(id, `Name ${n}`);
    }),
  );
  await until(
    "all are delivered",
    async () => (await deliveries(webhookId, ["delivered"])).length === rounds * tenants.length,
  );
  expect(overlaps).toBe(0);
  for (const { id } of tenants) {
    const sequence = receiver.received
      .filter(({ body }) => body.subject === id)
      .map(({ body }) => body.sequence);
    expect(sequence).toEqual([...sequence].sort());
    expect(new Set(sequence).size).toBe(rounds);
  }
  expect(await sql("select from platform.event_lanes where consumer = $1", [webhookId])).toEqual(
    [],
  );
});

test("a tenant's later events wait behind one that fails, and others' do not", async () => {
  const [held, free] = await Promise.all([tenant(), tenant()]);
  const { id: webhookId } = await hook({ eventTypes: ["tenant.updated"] });
  receiver.answer((response, { body }) =>
    (body.subject === held.id ? answerWith(500, {}, "broken") : accept)(response, received(body)),
  );
  const received = (body: object) => ({ body }) as never;
  await rename(held.id, "First");
  await rename(held.id, "Second");
  await rename(free.id, "First");
  await rename(free.id, "Second");
  await until(
    "the other's are there",
    async () => (await deliveries(webhookId, ["delivered"])).length === 2,
  );
  await until(
    "the one has failed",
    async () => (await deliveries(webhookId, ["failed"])).length === 1,
  );
  const [failed] = await deliveries(webhookId, ["failed"]);
  expect(failed).toMatchObject({ tries: 1, lastError: "The receiver answered 500." });
  const waiting = await deliveries(webhookId, ["pending"]);
  expect(waiting.map(({ tenantId, tries }) => [tenantId, tries])).toEqual([[held.id, 0]]);
  const ofHeld = () => receiver.received.filter(({ body }) => body.subject === held.id);
  expect(ofHeld()).toHaveLength(1);

  receiver.answer(accept);
  offsetMs += 10_000;
  await until(
    "both are there",
    async () => (await deliveries(webhookId, ["delivered"])).length === 4,
  );
  const names = ofHeld().map(({ body }) => (body.data.data as { after: object }).after);
  expect(names).toEqual([{ name: "First" }, { name: "First" }, { name: "Second" }]);
  expect(ofHeld()[0]?.headers["webhook-id"]).toBe(ofHeld()[1]?.headers["webhook-id"]);
});

test("retries go on for three days, then the event is abandoned and the next has its turn", async () => {
  const { id } = await tenant();
  const { id: webhookId } = await hook({ eventTypes: ["tenant.updated"], tenantIds: [id] });
  receiver.answer(answerWith(503));
  await rename(id, "First");
  await rename(id, "Second");
  const begun = offsetMs;
  for (let tries = 1; tries < 10; tries++) {
    await until(
      `${tries} tries`,
      async () => (await deliveries(webhookId, ["failed"]))[0]?.tries === tries,
    );
    const [failed] = await deliveries(webhookId, ["failed"]);
    expect(receiver.received.length).toBe(tries);
    offsetMs = Date.parse(failed?.nextAttemptAt ?? "") - Date.now() + 1_000;
  }
  await until(
    "it is given up",
    async () => (await deliveries(webhookId, ["abandoned"])).length === 1,
  );
  expect((offsetMs - begun) / dayMs).toBeGreaterThan(3);
  expect((offsetMs - begun) / dayMs).toBeLessThan(4);
  await until(
    "the next is tried",
    async () => (await deliveries(webhookId, ["failed"]))[0]?.tries === 1,
  );
  expect(await place.client.webhooks.get({ webhookId })).toMatchObject({
    status: "active",
    failingSince: expect.any(String),
  });

  offsetMs += 2 * dayMs;
  await until(
    "it is disabled",
    async () => (await place.client.webhooks.get({ webhookId })).status === "disabled",
  );
  const { statusReason } = await place.client.webhooks.get({ webhookId });
  expect(statusReason).toMatch(/^Nothing could be delivered since /);
  receiver.answer(accept);
  await place.client.webhooks.update({ webhookId, status: "active" }, { ifMatch: "*" });
  offsetMs += dayMs;
  await until("it goes on", async () => (await deliveries(webhookId, ["delivered"])).length === 1);
  expect(await place.client.webhooks.get({ webhookId })).not.toHaveProperty("failingSince");
});

test("410 disables the webhook at once, with the reason and an event", async () => {
  const { id } = await tenant();
  const { id: webhookId, name } = await hook({ tenantIds: [id] });
  receiver.answer(answerWith(410));
  await rename(id, "Renamed");
  await until(
    "it is disabled",
    async () => (await place.client.webhooks.get({ webhookId })).status === "disabled",
  );
  const reason = "The receiver answered 410: it is gone for good.";
  expect(await place.client.webhooks.get({ webhookId })).toMatchObject({
    statusReason: reason,
    version: 2,
  });
  const { items } = await place.client.audit.list({ type: ["webhook.disabled"], limit: 1 });
  expect(items).toMatchObject([{ reason, data: { webhookId, name }, actor: { kind: "system" } }]);
  await rename(id, "While disabled");
  expect(await deliveries(webhookId)).toHaveLength(1);
  const asked = { webhookId, from: "2026-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };
  await expect(place.client.webhooks.replay(asked)).rejects.toMatchObject({
    code: "webhook_disabled",
  });
});

test.each([
  [429, { "retry-after": "120" }, 120_000],
  [503, { "retry-after": "99999999999" }, dayMs],
  [500, { "retry-after": "120" }, 5_000],
])(
  "a receiver that answers %d with %o is left alone for %d ms",
  async (status, headers, pauseMs) => {
    const { id } = await tenant();
    const { id: webhookId } = await hook({ tenantIds: [id] });
    receiver.answer(answerWith(status, headers));
    await rename(id, "Renamed");
    await until(
      "it has failed",
      async () => (await deliveries(webhookId, ["failed"])).length === 1,
    );
    const next = Date.parse((await deliveries(webhookId))[0]?.nextAttemptAt ?? "");
    const now = Date.now() + offsetMs;
    expect(next - now).toBeLessThanOrEqual(pauseMs * 1.1);
    expect(next - now).toBeGreaterThan(pauseMs - 5_000);
  },
);

describe("a secret", () => {
  const received = async (webhook: WebhookWithSecretView) => {
    await place.client.webhooks.test({ webhookId: webhook.id });
    const last = receiver.received.at(-1);
    expect.assert(last !== undefined, "something was received");
    return last;
  };

  test("that was rotated signs beside the new one until its time is over", async () => {
    // The library compares with the real clock.
    offsetMs = 0;
    const first = await hook({ eventTypes: ["webhook.test"] });
    const second = await place.client.webhooks.rotateSecret({
      webhookId: first.id,
      overlapHours: 0,
    });
    const only = await received(second);
    expect([only.verifies(first.secret), only.verifies(second.secret)]).toEqual([false, true]);
    const third = await place.client.webhooks.rotateSecret({
      webhookId: first.id,
      overlapHours: 1,
    });
    const both = await received(third);
    const secrets = [first.secret, second.secret, third.secret];
    expect(secrets.map((secret) => both.verifies(secret))).toEqual([false, true, true]);
    expect(String(both.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    await sql("update platform.webhooks set previous_secret_until = now() where id = $1", [
      first.id,
    ]);
    const after = await received(third);
    expect(secrets.map((secret) => after.verifies(secret))).toEqual([false, false, true]);
  });

  test("is shown once, and stands nowhere in the database", async () => {
    const { id: webhookId, secret } = await hook();
    const rotated = await place.client.webhooks.rotateSecret({ webhookId });
    expect(JSON.stringify(await place.client.webhooks.get({ webhookId }))).not.toContain("whsec");
    const tables = await sql<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'platform'::regnamespace and relkind = 'r'",
    );
    for (const { name } of tables) {
      const [row] = await sql<{ all: string }>(
        `select string_agg(t::text, ' ') as all from platform.${name} t`,
      );
      for (const part of [secret, rotated.secret].map((each) => each.slice(6)))
        expect(row?.all?.includes(part) ?? false, name).toBe(false);
    }
  });

  test("is rotated once by a request that is repeated with the ETag of before", async () => {
    const { id: webhookId } = await hook();
    await place.client.webhooks.rotateSecret({ webhookId }, { ifMatch: '"1"' });
    const again = place.client.webhooks.rotateSecret({ webhookId }, { ifMatch: '"1"' });
    await expect(again).rejects.toMatchObject({ code: "precondition_failed" });
  });

  test("that cannot be opened is told, and nothing is sent unsigned", async () => {
    const webhook = await hook();
    await sql("update platform.webhooks set secret = 'v1.AAAA.AAAA' where id = $1", [webhook.id]);
    const { attempts } = await place.client.webhooks.test({ webhookId: webhook.id });
    expect(attempts[0]?.error).toContain("secret cannot be opened");
    expect(receiver.received).toEqual([]);
  });
});

describe("a test event", () => {
  test("is sent to the one webhook at once and answered with the outcome", async () => {
    const tested = await hook({ eventTypes: ["tenant.deleted"] });
    const other = await hook();
    receiver.answer(answerWith(500, {}, "no\u0000thing"));
    const delivery = await place.client.webhooks.test({ webhookId: tested.id });
    expect(delivery).toMatchObject({
      status: "abandoned",
      type: "webhook.test",
      attempts: [
        { statusCode: 500, error: "The receiver answered 500.", response: "no\uFFFDthing" },
      ],
    });
    expect(types()).toEqual(["hestia.webhook.test"]);
    expect(await deliveries(other.id)).toEqual([]);
    expect((await deliveries(tested.id)).map(({ id }) => id)).toEqual([delivery.id]);
  });

  test("is sent also when the webhook is disabled", async () => {
    const { id: webhookId } = await hook();
    await place.client.webhooks.update({ webhookId, status: "disabled" }, { ifMatch: "*" });
    expect(await place.client.webhooks.test({ webhookId })).toMatchObject({ status: "delivered" });
  });
});

describe("a replay", () => {
  test("sends one event again under its id, also when it was delivered", async () => {
    const { id } = await tenant();
    const { id: webhookId } = await hook({ tenantIds: [id] });
    await rename(id, "Renamed");
    await until(
      "it is delivered",
      async () => (await deliveries(webhookId, ["delivered"])).length === 1,
    );
    const deliveryId = (await deliveries(webhookId))[0]?.id;
    expect.assert(deliveryId !== undefined, "there is one");
    const queued = await place.client.webhooks.replayDelivery({ webhookId, deliveryId });
    expect(queued).toMatchObject({ status: "pending", tries: 0, attempts: [{ statusCode: 204 }] });
    await untilReceived(2);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    await until("both are in the log", async () => {
      const { attempts } = await place.client.webhooks.getDelivery({ webhookId, deliveryId });
      return attempts.length === 2;
    });
  });

  test("queues those of a time and a status, in their order, and counts them", async () => {
    const { id } = await tenant();
    const { id: webhookId } = await hook({ tenantIds: [id] });
    for (const name of ["A", "B", "C"]) await rename(id, name);
    await until(
      "they are delivered",
      async () => (await deliveries(webhookId, ["delivered"])).length === 3,
    );
    const all = await deliveries(webhookId);
    await sql("update platform.webhook_deliveries set status = 'abandoned' where id = any ($1)", [
      [all[0]?.id, all[2]?.id],
    ]);
    const range = { from: "2026-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };
    expect(await place.client.webhooks.replay({ webhookId, ...range })).toEqual({
      count: 2,
      more: false,
    });
    await untilReceived(5);
    const names = receiver.received
      .slice(3)
      .map(({ body }) => (body.data.data as { after: object }).after);
    expect(names).toEqual([{ name: "A" }, { name: "C" }]);
    const early = { from: range.from, to: "2026-02-01T00:00:00Z", status: ["delivered" as const] };
    expect(await place.client.webhooks.replay({ webhookId, ...early })).toEqual({
      count: 0,
      more: false,
    });
  });

  test("of more than the limit says that there are others", async () => {
    const { id } = await tenant();
    const { id: webhookId } = await hook({ tenantIds: [id], eventTypes: ["tenant.updated"] });
    await rename(id, "Renamed");
    await until(
      "it is delivered",
      async () => (await deliveries(webhookId, ["delivered"])).length === 1,
    );
    // As many events as a busy year has; they are old, so that no other test sees them.
    await sql(
      `with e as (insert into platform.audit_events (id, chain, position, tenant_id, type, at, actor, data)
         select gen_random_uuid(), chain, position + n, tenant_id, type, '2020-01-01', actor, data
         from platform.audit_events, generate_series(1, 1001) n
         where tenant_id = $1 and type = 'tenant.updated' returning *)
       insert into platform.webhook_deliveries (id, webhook_id, event_id, chain, position, tenant_id, type, status, created_at, finished_at)
       select gen_random_uuid(), $2, id, chain, position, tenant_id, type, 'abandoned', at, now() from e`,
      [id, webhookId],
    );
    const range = { from: "2020-01-01T00:00:00Z", to: "2021-01-01T00:00:00Z" };
    receiver.answer(answerWith(500));
    expect(await place.client.webhooks.replay({ webhookId, ...range })).toEqual({
      count: 1000,
      more: true,
    });
  });
});

test("the log is kept for thirty days", async () => {
  const { id } = await tenant();
  const { id: webhookId } = await hook({ tenantIds: [id] });
  await rename(id, "Old");
  await rename(id, "Recent");
  await until(
    "they are delivered",
    async () => (await deliveries(webhookId, ["delivered"])).length === 2,
  );
  const old = (await deliveries(webhookId))[1]?.id;
  await sql("update platform.webhook_deliveries set finished_at = $2 where id = $1", [
    old,
    new Date(Date.now() + offsetMs - 31 * dayMs),
  ]);
  // A server tidies when it starts, and every minute.
  await place.startAnother();
  await until("the old one is gone", async () => (await deliveries(webhookId)).length === 1);
  expect((await deliveries(webhookId))[0]?.id).not.toBe(old);
});

test("changes, tests, replays and deletions under traffic never wait for each other in a circle", async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, async () => (await tenant()).id));
  const hooks = await Promise.all(Array.from({ length: 3 }, () => hook()));
  receiver.answer((response, one) =>
    (Math.random() < 0.3 ? answerWith(500) : accept)(response, one),
  );
  const range = { from: "2026-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };
  const status: DeliveryStatus[] = ["delivered", "failed", "abandoned"];
  const rounds = <T>(count: number, work: (n: number) => Promise<T>) =>
    (async () => {
      for (let n = 0; n < count; n++) await work(n);
    })();
  await Promise.all([
    ...ids.map((id) => rounds(15, (n) => rename(id, `Name ${n}`))),
    ...hooks.flatMap(({ id: webhookId }) => [
      rounds(10, (n) =>
        place.client.webhooks.update(
          { webhookId, name: `Busy ${webhookId} ${n}` },
          { ifMatch: "*" },
        ),
      ),
      rounds(10, () => place.client.webhooks.replay({ webhookId, ...range, status })),
      rounds(5, () => place.client.webhooks.rotateSecret({ webhookId })),
      rounds(5, () => place.client.webhooks.test({ webhookId })),
    ]),
    rounds(10, async () => {
      const { id: webhookId } = await hook();
      await place.client.webhooks.test({ webhookId });
      await place.client.webhooks.delete({ webhookId });
    }),
  ]);
  const [row] = await sql<{ deadlocks: string }>(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  expect(Number(row?.deadlocks)).toBe(0);
});
