// Verification before activation: each requirement alone and all together, tokens that are wrong, old, used, replaced or
// another tenant's, two that come at once, and what a pending tenant's own statements get in every isolation model.
import type { VerificationsView } from "@hestia/api";
import {
  type HestiaError,
  isolationModels,
  limits,
  type Requirement,
  type TenantId,
} from "@hestia/core";
import { connect } from "@hestia/postgres";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NameServer, startNameServer } from "./dns-server.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { ask, migrations, type Place, startPlace, until } from "./world.ts";

/** How far the server's clock is ahead. */
let aheadMs = 0;
let names: NameServer;
let place: Place;
let receiver: Receiver;
let made = 0;

const plans: { readonly [plan: string]: Requirement[] } = {
  mailed: ["email"],
  named: ["domain"],
  signed: ["sign_on"],
  approved: ["approval"],
  everything: ["email", "domain", "sign_on", "approval"],
};

beforeAll(async () => {
  names = await startNameServer();
  receiver = await startReceiver();
  place = await startPlace(
    { dnsServers: [names.address], webhookAllow: ["127.0.0.0/8"] },
    { now: () => new Date(Date.now() + aheadMs) },
  );
  const { client } = place;
  await client.migrations.store({ files: migrations });
  for (const [id, requires] of Object.entries(plans))
    await client.plans.create({ id, name: id, requires });
  await client.webhooks.create({
    name: "mailer",
    url: receiver.url,
    eventTypes: ["tenant.verification_requested"],
  });
});
afterAll(async () => {
  await place?.end();
  await receiver?.end();
  await names?.end();
});

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: HestiaError) => error,
  );

type Asked = Partial<Parameters<Place["client"]["tenants"]["create"]>[0]>;

async function pending(plan: string, asked: Asked = {}) {
  const slug = `wait-${++made}`;
  const answer = await place.client.tenants.create.withResponse(
    { slug, name: slug, plan, ...asked },
    { waitSeconds: 30 },
  );
  const { id: tenantId } = answer.body;
  expect(answer).toMatchObject({
    status: 202,
    location: `/v1/tenants/${tenantId}/verifications`,
    body: { status: "pending" },
  });
  return { tenantId, slug };
}

const verify = (tenantId: TenantId, requirement: Requirement, more = {}) =>
  place.client.verifications.verify({ tenantId, requirement, ...more });
const confirm = (token: string) => place.client.verifications.confirm({ token });
const statusOf = async (tenantId: TenantId) =>
  (await place.client.tenants.get({ tenantId })).status;
const reveal = async (tenantId: TenantId) =>
  (await verify(tenantId, "email", { reveal: true })).token as string;
const itemOf = ({ items }: VerificationsView, requirement: Requirement) =>
  items.find((each) => each.requirement === requirement);

/** What the receiver was sent about the tenant, in the order in which it came. */
const sentTo = (tenantId: TenantId) =>
  receiver.received
    .filter(({ body }) => body.subject === tenantId)
    .map(({ body }) => body.data.data as { token?: string; email?: string });

const invalid = { code: "verification_token_invalid" };

describe.each(isolationModels)("a pending %s tenant", (isolation) => {
  test("is refused in its database until it is activated", async () => {
    const { tenantId, slug } = await pending("approved", { isolation });
    const { databaseUrl, directoryUrl, secretKey, dataDatabase } = place.clone;
    const { placement } = await place.client.tenants.get({ tenantId });
    const data = withDatabase(databaseUrl, placement.database ?? dataDatabase);
    // A key that was issued all the same, as an old one of a cache would be.
    const key = `a-key-of-${slug}`;
    await ask(data, "select hestia.issue(sha256($1::bytea), $2)", [key, tenantId]);
    const entered = await failure(ask(data, "select hestia.enter($1)", [key]));
    expect(entered).toMatchObject({ code: "HT002", message: "the tenant is not ready" });
    const hestia = await connect({ databaseUrl: directoryUrl, secretKey });
    expect(await failure(hestia.tenant(slug))).toMatchObject({ code: "tenant_not_ready" });
    const view = await verify(tenantId, "approval", { reason: "We know them." });
    expect(view).toMatchObject({ status: "active", missing: [] });
    await ask(data, "select hestia.enter($1)", [key]);
    await until("the library has heard of it", async () =>
      hestia.tenant(slug).then(
        () => true,
        () => false,
      ),
    );
    const tenant = await hestia.tenant(slug);
    expect((await tenant.query("select count(*)::int from notes")).rows).toEqual([{ count: 0 }]);
    await hestia.close();
  });
});

describe("an e-mail", () => {
  test("is confirmed by the token that the application was sent, once, without a key", async () => {
    const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
    const before = await place.client.verifications.list({ tenantId });
    expect(before).toMatchObject({
      ...{ status: "pending", missing: ["email"] },
      items: [{ requirement: "email", state: "open", email: "ada@example.net", attempts: 0 }],
    });
    expect(itemOf(before, "email")?.next).toContain("ada@example.net");
    await until("it is sent", () => sentTo(tenantId).length === 1);
    const [{ token = "", email } = {}] = sentTo(tenantId);
    expect(email).toBe("ada@example.net");
    const response = await fetch(`${place.url}/v1/verifications/confirm`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { id: tenantId, status: "active" },
    ]);
    expect(await failure(confirm(token))).toMatchObject(invalid);
    const after = await place.client.verifications.list({ tenantId });
    expect(after).toMatchObject({
      ...{ status: "active", missing: [] },
      items: [{ state: "met", metBy: "e-mail confirmation" }],
    });
    expect(itemOf(after, "email")).not.toHaveProperty("next");
  });

  test("has its token in no list, no log of deliveries, no table, and in no body to who takes every event", async () => {
    const { client, clone } = place;
    const all = await startReceiver();
    const { id: webhookId } = await client.webhooks.create({ name: "all", url: all.url });
    receiver.answer((response, { text, body }) => {
      const { token } = (body.data.data ?? {}) as { token?: string };
      const encoded = token === undefined ? "" : Buffer.from(token).toString("base64");
      response.writeHead(200).end(`${encoded} ${text}`);
    });
    const { tenantId } = await pending("mailed", { adminEmail: "grace@example.net" });
    await until("both have it", () => {
      const { length } = all.received.filter(({ body }) => body.subject === tenantId);
      return sentTo(tenantId).length === 1 && length >= 3;
    });
    const token = sentTo(tenantId)[0]?.token as string;
    expect(all.received.map(({ text }) => text).join()).not.toContain("grace@example.net");
    expect(all.received.map(({ text }) => text).join()).not.toContain(token);
    const hooks = (await client.webhooks.list()).items;
    for (const hook of hooks)
      for (const { id: deliveryId } of (
        await client.webhooks.deliveries({ webhookId: hook.id, tenantId })
      ).items) {
        const shown = await client.webhooks.getDelivery({ webhookId: hook.id, deliveryId });
        expect(JSON.stringify(shown)).not.toContain(token);
      }
    const [logged] = (
      await client.webhooks.deliveries({
        webhookId: hooks.find(({ name }) => name === "mailer")?.id as typeof webhookId,
        tenantId,
      })
    ).items;
    expect(logged).toMatchObject({ status: "delivered" });
    expect(JSON.stringify(await client.audit.listForTenant({ tenantId }))).not.toMatch(
      new RegExp(`${token}|grace@`),
    );
    const tables = await ask<{ name: string }>(
      clone.databaseUrl,
      "select relname as name from pg_class where relnamespace = 'platform'::regnamespace and relkind = 'r'",
    );
    // In whatever form it was sent back.
    for (const { name } of tables)
      for (const form of [token, token.slice(0, -8), Buffer.from(token).toString("base64")])
        expect([
          name,
          await ask(
            clone.databaseUrl,
            `select from platform.${name} t where t::text like '%' || $1 || '%'`,
            [form],
          ),
        ]).toEqual([name, []]);
    const inAnswers =
      "select from platform.webhook_deliveries where attempts::text like '%grace@%'";
    expect(await ask(clone.databaseUrl, inAnswers)).toEqual([]);
    receiver.answer((response) => void response.writeHead(204).end());
    await client.webhooks.delete({ webhookId });
    await all.end();
  });

  test("is not confirmed by a token that is wrong, replaced, too old, or another tenant's, and the answers are alike", async () => {
    const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
    const { tenantId: other } = await pending("mailed", { adminEmail: "bob@example.net" });
    const [first, theirs] = [await reveal(tenantId), await reveal(other)];
    const second = await reveal(tenantId);
    const bytes = (token: string) => Buffer.from(token, "base64url");
    const crossed = Buffer.concat([bytes(second).subarray(0, 16), bytes(theirs).subarray(16)]);
    const nobody = Buffer.concat([Buffer.alloc(16, 7), bytes(second).subarray(16)]);
    const wrong = bytes(second).fill(0, 47);
    const bodies: string[] = [];
    for (const token of [first, "x", `${second}=`, ...[crossed, nobody, wrong].map(asText)]) {
      const response = await fetch(`${place.url}/v1/verifications/confirm`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-request-id": "the-same" },
        body: JSON.stringify({ token }),
      });
      bodies.push(`${response.status} ${await response.text()}`);
    }
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain("verification_token_invalid");
    // The one that was spoilt is counted where it was tried.
    const view = await place.client.verifications.list({ tenantId });
    expect(itemOf(view, "email")?.attempts).toBe(1);
    aheadMs += limits.verificationHours * 3_600_000;
    expect(await failure(confirm(second))).toMatchObject(invalid);
    expect(itemOf(await place.client.verifications.list({ tenantId }), "email")?.next).toContain(
      "Ask for a token",
    );
    expect(await statusOf(tenantId)).toBe("pending");
    await confirm(await reveal(tenantId));
    expect([await statusOf(tenantId), await statusOf(other)]).toEqual(["active", "pending"]);
  });

  test("is confirmed whatever strangers have tried who know the tenant alone", async () => {
    const another = await place.startAnother();
    const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
    const token = await reveal(tenantId);
    const wrong = asText(Buffer.from(token, "base64url").fill(1, 16));
    for (let left = limits.verificationAttemptsMax; left > 0; left--)
      expect(await failure(another.client.verifications.confirm({ token: wrong }))).toMatchObject(
        invalid,
      );
    expect(await another.client.verifications.confirm({ token })).toMatchObject({
      status: "active",
    });
  });

  test("is not confirmed any more after too many wrong tokens, until another is asked for", async () => {
    const another = await place.startAnother();
    const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
    const token = await reveal(tenantId);
    const wrong = asText(Buffer.from(token, "base64url").fill(1, 40));
    for (let left = limits.verificationAttemptsMax; left > 0; left--)
      expect(await failure(another.client.verifications.confirm({ token: wrong }))).toMatchObject(
        invalid,
      );
    expect(await failure(another.client.verifications.confirm({ token }))).toMatchObject(invalid);
    const fresh = await reveal(tenantId);
    expect(await another.client.verifications.confirm({ token: fresh })).toMatchObject({
      status: "active",
    });
  });

  test("goes to the address that is given when another one was wrong or none was known", async () => {
    const { tenantId } = await pending("mailed");
    expect(await failure(verify(tenantId, "email"))).toMatchObject({
      code: "invalid_input",
      faults: [{ pointer: "/email", code: "required" }],
    });
    await verify(tenantId, "email", { email: "typo@example.net" });
    await until("it is sent", () => sentTo(tenantId).length === 1);
    await verify(tenantId, "email", { email: "right@example.net" });
    await until("it is sent again", () => sentTo(tenantId).length === 2);
    const [typo, right] = sentTo(tenantId);
    expect([typo?.email, right?.email]).toEqual(["typo@example.net", "right@example.net"]);
    expect(await failure(confirm(typo?.token ?? ""))).toMatchObject(invalid);
    expect(await confirm(right?.token ?? "")).toMatchObject({ status: "active" });
    // What is sent again tells no token that is used.
    const [{ id: webhookId } = { id: undefined }] = (
      await place.client.webhooks.list({ name: "mailer" })
    ).items;
    const { items } = await place.client.webhooks.deliveries({
      webhookId: webhookId as never,
      tenantId,
    });
    await place.client.webhooks.replayDelivery({
      webhookId: webhookId as never,
      deliveryId: items[0]?.id as never,
    });
    await until("it is replayed", () => sentTo(tenantId).length === 3);
    expect(sentTo(tenantId)[2]).not.toHaveProperty("token");
  });

  test("is confirmed once when two confirm at once", async () => {
    const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
    const token = await reveal(tenantId);
    const all = await Promise.allSettled([confirm(token), confirm(token), confirm(token)]);
    expect(all.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    const { items } = await place.client.audit.listForTenant({ tenantId });
    expect(items.filter(({ type }) => type === "tenant.activated")).toHaveLength(1);
  });

  test("is confirmed with a server that was started after the token was issued", async () => {
    const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
    await until("it is sent", () => sentTo(tenantId).length === 1);
    const another = await place.startAnother();
    const token = sentTo(tenantId)[0]?.token as string;
    expect(await another.client.verifications.confirm({ token })).toMatchObject({ id: tenantId });
  });
});

const asText = (bytes: Buffer) => bytes.toString("base64url");

test("strangers may not try without end", async () => {
  const another = await place.startAnother();
  const tries = Array.from({ length: limits.confirmationsPerMinuteMax + 5 }, () =>
    fetch(`${another.url}/v1/verifications/confirm`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: "x" }),
    }),
  );
  const answers = await Promise.all(tries);
  const limited = answers.filter(({ status }) => status === 429);
  expect(limited).toHaveLength(5);
  expect(Number(limited[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
});

describe("a domain", () => {
  test("is proven by its record, and identifies the tenant from then on", async () => {
    const domain = "app.acme.test";
    const { tenantId } = await pending("named", { domain });
    const record = itemOf(await place.client.verifications.list({ tenantId }), "domain")?.record;
    expect(record).toMatchObject({ name: `_hestia-challenge.${domain}`, type: "TXT" });
    const missing = { code: "verification_record_missing", details: { record: record?.name } };
    expect(await failure(verify(tenantId, "domain"))).toMatchObject(missing);
    names.records.set(record?.name ?? "", ["v=spf1 -all", "hestia-challenge=another"]);
    expect(await failure(verify(tenantId, "domain"))).toMatchObject({
      details: { found: 2 },
    });
    expect(itemOf(await place.client.verifications.list({ tenantId }), "domain")?.attempts).toBe(2);
    names.records.set(record?.name ?? "", ["v=spf1 -all", record?.value ?? ""]);
    expect(await verify(tenantId, "domain")).toMatchObject({ status: "active", missing: [] });
    const [row] = await ask<{ domain: string }>(
      place.clone.databaseUrl,
      "select domain from platform.directory where id = $1",
      [tenantId],
    );
    expect(row?.domain).toBe(domain);
  });

  test("that is exchanged has to be proven anew", async () => {
    const { client } = place;
    await client.plans.create({ id: "both", name: "Both", requires: ["domain", "approval"] });
    const { tenantId } = await pending("both");
    expect(itemOf(await client.verifications.list({ tenantId }), "domain")?.next).toBe(
      "Give the tenant a domain.",
    );
    expect(await failure(verify(tenantId, "domain"))).toMatchObject({
      code: "verification_record_missing",
    });
    await client.tenants.update({ tenantId, domain: "one.acme.test" }, { ifMatch: "*" });
    const one = itemOf(await client.verifications.list({ tenantId }), "domain")?.record;
    names.records.set(one?.name ?? "", [one?.value ?? ""]);
    expect(await verify(tenantId, "domain")).toMatchObject({ missing: ["approval"] });
    await client.tenants.update({ tenantId, domain: "two.acme.test" }, { ifMatch: "*" });
    const again = await client.verifications.list({ tenantId });
    expect(again).toMatchObject({ status: "pending", missing: ["domain", "approval"] });
    const two = itemOf(again, "domain")?.record;
    expect(two?.value).not.toBe(one?.value);
    names.records.set(two?.name ?? "", [one?.value ?? ""]);
    expect(await failure(verify(tenantId, "domain"))).toMatchObject({ details: { found: 1 } });
  });

  test("is not refused where the name servers are silent: that is said", async () => {
    const { tenantId } = await pending("named", { domain: "late.acme.test" });
    names.silent = true;
    const refused = await failure(verify(tenantId, "domain"));
    names.silent = false;
    expect(refused).toMatchObject({ code: "dns_unavailable" });
    expect(itemOf(await place.client.verifications.list({ tenantId }), "domain")?.attempts).toBe(0);
  });
});

test("a first sign-on is recorded by the application, and again without effect", async () => {
  const { tenantId } = await pending("signed");
  const [first, second] = await Promise.all([
    verify(tenantId, "sign_on"),
    verify(tenantId, "sign_on"),
  ]);
  expect([first.status, second.status]).toEqual(["active", "active"]);
  expect(second.items).toEqual(first.items);
  const { items } = await place.client.audit.listForTenant({ tenantId });
  expect(items.map(({ type }) => type).sort()).toEqual([
    ...["tenant.activated", "tenant.awaiting_verification", "tenant.created"],
    "tenant.verification_met",
  ]);
});

test("everything together is met in any order, and the last activates, also when two come at once", async () => {
  const domain = "all.acme.test";
  const { tenantId } = await pending("everything", { domain, adminEmail: "ada@example.net" });
  const { client } = place;
  expect((await client.tenants.get({ tenantId })).statusReason).toBe(
    "It waits for: the administrator's e-mail, its domain, the first sign-on, an approval.",
  );
  const token = await reveal(tenantId);
  await verify(tenantId, "sign_on");
  const record = itemOf(await client.verifications.list({ tenantId }), "domain")?.record;
  names.records.set(record?.name ?? "", [record?.value ?? ""]);
  expect(await verify(tenantId, "domain")).toMatchObject({ status: "pending" });
  expect((await client.tenants.get({ tenantId })).statusReason).toBe(
    "It waits for: the administrator's e-mail, an approval.",
  );
  await Promise.all([confirm(token), verify(tenantId, "approval", { reason: "Known." })]);
  const tenant = await client.tenants.get({ tenantId });
  expect(tenant.status).toBe("active");
  expect(tenant).not.toHaveProperty("statusReason");
  const { items } = await client.audit.listForTenant({ tenantId });
  expect(items.filter(({ type }) => type === "tenant.activated")).toHaveLength(1);
  expect(items.filter(({ type }) => type === "tenant.verification_met")).toHaveLength(4);
  expect(await client.verifications.list({ tenantId })).toMatchObject({
    items: [
      { requirement: "email", state: "met" },
      { requirement: "domain", state: "met" },
      { requirement: "sign_on", state: "met" },
      { requirement: "approval", state: "met", reason: "Known." },
    ],
  });
});

test("every fault of a step is told at once, and what is not awaited", async () => {
  const { tenantId } = await pending("approved");
  const step = { email: "no address", reveal: true };
  const refused = await failure(verify(tenantId, "approval", { ...step, reason: "" }));
  expect(refused?.faults?.map(({ pointer }) => pointer).sort()).toEqual(["/email", "/reason"]);
  const fitting = await failure(
    verify(tenantId, "approval", { email: "ada@example.net", reveal: true }),
  );
  expect(fitting?.faults?.map(({ pointer, code }) => [pointer, code])).toEqual([
    ["/email", "not_allowed"],
    ["/reveal", "not_allowed"],
    ["/reason", "required"],
  ]);
  expect(await failure(verify(tenantId, "sign_on"))).toMatchObject({
    code: "verification_not_awaited",
    details: { requirement: "sign_on" },
  });
  expect(await failure(verify(tenantId, "fax" as Requirement))).toMatchObject({
    code: "invalid_input",
  });
});

describe("activating", () => {
  test("says everything that is missing, and does without it when told to", async () => {
    const { client } = place;
    const { tenantId } = await pending("everything", { adminEmail: "ada@example.net" });
    const token = await reveal(tenantId);
    await verify(tenantId, "sign_on");
    const refused = await failure(client.tenants.activate({ tenantId, reason: "now" }));
    expect(refused).toMatchObject({ code: "tenant_unverified" });
    expect(refused?.faults?.map(({ code }) => code)).toEqual(["email", "domain", "approval"]);
    const reason = "They called.";
    const tenant = await client.tenants.activate({ tenantId, reason, override: true });
    expect(tenant.status).toBe("active");
    const { items } = await client.audit.listForTenant({ tenantId });
    const event = items.find(({ type }) => type === "tenant.activated");
    expect(event).toMatchObject({
      ...{ type: "tenant.activated", reason, actor: { kind: "operator" } },
      data: { waived: ["email", "domain", "approval"] },
    });
    const view = await client.verifications.list({ tenantId });
    expect(view.items.map(({ state }) => state)).toEqual(["waived", "waived", "met", "waived"]);
    expect(itemOf(view, "email")).toMatchObject({ reason, metBy: "HESTIA_OPERATOR_KEY" });
    expect(await failure(confirm(token))).toMatchObject(invalid);
    // Again it changes nothing.
    expect(await client.tenants.activate({ tenantId, reason })).toEqual(tenant);
  });

  test("is for pending tenants", async () => {
    const { client } = place;
    const { tenantId } = await pending("approved");
    expect(await failure(client.tenants.activate({ tenantId } as never))).toMatchObject({
      faults: [{ pointer: "/reason", code: "required" }],
    });
    await client.tenants.delete({ tenantId }, { waitSeconds: 20 });
    const again = client.tenants.activate({ tenantId, reason: "x", override: true });
    expect(await failure(again)).toMatchObject({ code: "tenant_transition_refused" });
  });

  test("comes with a plan that wants nothing that is missing", async () => {
    const { client } = place;
    const { tenantId } = await pending("everything");
    await verify(tenantId, "approval", { reason: "Known." });
    const less = await client.tenants.update({ tenantId, plan: "named" }, { ifMatch: "*" });
    expect(less).toMatchObject({ status: "pending", statusReason: "It waits for: its domain." });
    const active = await client.tenants.update({ tenantId, plan: "standard" }, { ifMatch: "*" });
    expect(active.status).toBe("active");
  });
});

test("a tenant that is deleted while it waits confirms nothing, and waits on when it is restored", async () => {
  const { client } = place;
  const { tenantId } = await pending("mailed", { adminEmail: "ada@example.net" });
  const token = await reveal(tenantId);
  await client.tenants.delete({ tenantId }, { waitSeconds: 20 });
  expect(await failure(confirm(token))).toMatchObject(invalid);
  expect(await failure(verify(tenantId, "email"))).toMatchObject({
    code: "verification_not_awaited",
  });
  expect(await client.tenants.restore({ tenantId })).toMatchObject({
    ...{ status: "pending" },
  });
  expect(await confirm(token)).toMatchObject({ status: "active" });
  const { tenantId: gone } = await pending("mailed", { adminEmail: "ada@example.net" });
  await client.tenants.delete({ tenantId: gone }, { waitSeconds: 20 });
  await client.tenants.purge({ tenantId: gone, reason: "asked for" }, { waitSeconds: 30 });
  expect(await client.verifications.list({ tenantId: gone })).toMatchObject({ items: [] });
});

test("a provisioning that failed and is retried asks for what the plan requires, and a race with a deletion harms nothing", async () => {
  const { client } = place;
  const broken = {
    set: "tenant" as const,
    name: "0002_broken.sql",
    sql: "create tabel broken ();",
  };
  await client.migrations.store({ files: [...migrations, broken] });
  const asked = { slug: "retried", name: "Retried", plan: "mailed", isolation: "schema" } as const;
  const failed = await failure(
    client.tenants.create({ ...asked, adminEmail: "ada@example.net" }, { waitSeconds: 30 }),
  );
  expect(failed).toMatchObject({ code: "operation_failed" });
  const { operationId, tenantId } = (failed as HestiaError).details as never;
  expect(await client.verifications.list({ tenantId })).toMatchObject({ items: [] });
  await client.migrations.store({ files: migrations });
  await client.operations.retry({ operationId }, { waitSeconds: 30 });
  expect(await client.tenants.get({ tenantId })).toMatchObject({ status: "pending" });
  const token = await reveal(tenantId);
  const [confirmed, deleted] = await Promise.allSettled([
    confirm(token),
    client.tenants.delete({ tenantId }, { waitSeconds: 20 }),
  ]);
  expect(deleted.status).toBe("fulfilled");
  expect(await statusOf(tenantId)).toBe("deleting");
  const restored = await client.tenants.restore({ tenantId });
  expect(restored.status).toBe(confirmed.status === "fulfilled" ? "active" : "pending");
});
