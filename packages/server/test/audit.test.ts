// The audit log is complete: every route that changes something leaves one event, in the transaction of the change. Where
// the event cannot be written nothing is changed, and the answer tells nothing of why.
import { listRoutes } from "@hestia/api";
import type { TenantId, WebhookId } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cancelCheck } from "./checks.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { ask, createTenant, migrations, startWorld, testKey, until, type World } from "./world.ts";

type Change = {
  readonly path: string;
  readonly body?: unknown;
  /** In the place of the key. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly type: string;
  /** Who does it, where it is no operator. */
  readonly by?: "system";
};

let world: World;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  world = await startWorld("shared", { webhookAllow: ["127.0.0.0/8"] });
  await sql("create table log_broken (yes boolean not null)");
  await sql("insert into log_broken values (false)");
  await sql(`create function refuse() returns trigger language plpgsql as $$ begin
    if (select yes from public.log_broken) then raise exception 'words of the inside'; end if;
    return new;
  end $$`);
  await sql(
    "create trigger refuse before insert on platform.audit_events for each row execute function refuse()",
  );
});
afterAll(async () => {
  await world.end();
  await receiver.end();
});

const sql = <Row>(text: string, values: unknown[] = []) =>
  ask<Row>(world.clone.databaseUrl, text, values);

let made = 0;
const fresh = () => createTenant(world.client, { slug: `audited-${++made}` });
const pathOf = (id: TenantId, move: string) => `/v1/tenants/${id}/${move}`;

// It wants no event that comes by itself, so that nothing is under way for it.
const hook = async () => {
  const wants = { url: receiver.url, eventTypes: ["webhook.test" as const] };
  return (await world.client.webhooks.create({ name: `Hook ${++made}`, ...wants })).id;
};
const hookPath = (id: WebhookId, rest = "") => `/v1/webhooks/${id}${rest && "/"}${rest}`;

const plan = async () =>
  (await world.client.plans.create({ id: `plan-${++made}`, name: "A plan" })).id;

/** A tenant that waits for more than one thing, so that one of them does not activate it. */
async function waiting() {
  const { id } = await world.client.plans.create({
    ...{ id: `careful-${++made}`, name: "Careful", requires: ["email", "approval"] },
  });
  const asked = { slug: `waits-${++made}`, plan: id, adminEmail: "ada@example.net" };
  return (await createTenant(world.client, asked)).id;
}

/** Ends a session that was just begun. */
async function leaving(path: string): Promise<Change> {
  const headers = { "content-type": "application/json", origin: world.url };
  const body = JSON.stringify({ key: testKey });
  const entered = await fetch(`${world.url}/v1/session`, { method: "POST", headers, body });
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { path, headers: { cookie, origin: world.url }, type: "session.ended" };
}

/** One change that succeeds for each route that is no question, and the event that tells of it. */
const changes: Readonly<Record<string, () => Promise<Change>>> = {
  "tenants.create": async () => ({
    path: "/v1/tenants",
    body: { slug: "audited-new", name: "New" },
    type: "tenant.created",
  }),
  "tenants.update": async () => ({
    path: `/v1/tenants/${(await fresh()).id}`,
    body: { name: "Renamed" },
    type: "tenant.updated",
  }),
  "tenants.delete": async () => ({
    path: `/v1/tenants/${(await fresh()).id}`,
    type: "tenant.deleted",
  }),
  "tenants.suspend": async () => ({
    path: pathOf((await fresh()).id, "suspend"),
    body: { reason: "unpaid" },
    type: "tenant.suspended",
  }),
  "tenants.resume": async () => {
    const { id: tenantId } = await fresh();
    await world.client.tenants.suspend({ tenantId, reason: "unpaid" });
    return { path: pathOf(tenantId, "resume"), body: {}, type: "tenant.resumed" };
  },
  "tenants.restore": async () => {
    const { id: tenantId } = await fresh();
    await world.client.tenants.delete({ tenantId }, { waitSeconds: 20 });
    return { path: pathOf(tenantId, "restore"), body: {}, type: "tenant.restored" };
  },
  "tenants.purge": async () => {
    const { id: tenantId } = await fresh();
    await world.client.tenants.delete({ tenantId }, { waitSeconds: 20 });
    return {
      path: pathOf(tenantId, "purge"),
      body: { reason: "asked for" },
      type: "tenant.purge_started",
    };
  },
  "tenants.activate": async () => ({
    path: pathOf(await waiting(), "activate"),
    body: { reason: "known", override: true },
    type: "tenant.activated",
  }),
  "verifications.verify": async () => ({
    path: pathOf(await waiting(), "verifications/approval"),
    body: { reason: "known" },
    type: "tenant.verification_met",
  }),
  "verifications.confirm": async () => {
    const asked = { tenantId: await waiting(), requirement: "email", reveal: true } as const;
    const { token } = await world.client.verifications.verify(asked);
    const type = "tenant.verification_met";
    return { path: "/v1/verifications/confirm", body: { token }, type, by: "system" };
  },
  "plans.create": async () => ({
    path: "/v1/plans",
    body: { id: "audited", name: "Audited" },
    type: "plan.created",
  }),
  "plans.update": async () => ({
    path: `/v1/plans/${await plan()}`,
    body: { name: "Renamed" },
    type: "plan.updated",
  }),
  "plans.delete": async () => ({ path: `/v1/plans/${await plan()}`, type: "plan.deleted" }),
  "session.start": async () => ({
    path: "/v1/session",
    body: { key: testKey },
    headers: { origin: world.url },
    type: "session.started",
  }),
  "session.end": () => leaving("/v1/session"),
  "session.endAll": () => leaving("/v1/sessions"),
  "operatorKeys.create": async () => ({
    path: "/v1/operator-keys",
    body: { name: "Ada's laptop" },
    type: "operator_key.created",
  }),
  "operatorKeys.revoke": async () => {
    const { id } = await world.client.operatorKeys.create({ name: "Lost" });
    return { path: `/v1/operator-keys/${id}`, type: "operator_key.revoked" };
  },
  "isolationChecks.start": async () => ({
    path: "/v1/isolation-checks",
    body: { models: ["shared"] },
    type: "isolation_check.started",
  }),
  "holds.place": async () => ({
    path: pathOf((await fresh()).id, "holds"),
    body: { reason: "case 7" },
    type: "legal_hold.placed",
  }),
  "holds.lift": async () => {
    const { id: tenantId } = await fresh();
    const hold = await world.client.holds.place({ tenantId, reason: "case 8" });
    return { path: pathOf(tenantId, `holds/${hold.id}`), type: "legal_hold.lifted" };
  },
  "operations.cancel": async () => {
    const { operationId } = await fresh();
    await sql(
      "update platform.operations set status = 'running', finished_at = null where id = $1",
      [operationId],
    );
    return { path: `/v1/operations/${operationId}/cancel`, type: "operation.cancelled" };
  },
  "operations.retry": async () => {
    const { id, operationId } = await fresh();
    await sql("update platform.operations set status = 'failed' where id = $1", [operationId]);
    await sql("update platform.tenants set status = 'failed' where id = $1", [id]);
    return { path: `/v1/operations/${operationId}/retry`, type: "operation.retried" };
  },
  "migrations.store": async () => ({
    path: "/v1/migrations",
    body: { files: [...migrations, { ...migrations[0], name: "0002_more.sql", sql: "select 1;" }] },
    type: "migrations.uploaded",
  }),
  "webhooks.create": async () => ({
    path: "/v1/webhooks",
    body: { name: "Created", url: "https://example.com/", eventTypes: ["webhook.test"] },
    type: "webhook.created",
  }),
  "webhooks.update": async () => ({
    path: hookPath(await hook()),
    body: { name: "Renamed" },
    type: "webhook.updated",
  }),
  "webhooks.delete": async () => ({ path: hookPath(await hook()), type: "webhook.deleted" }),
  "webhooks.rotateSecret": async () => ({
    path: hookPath(await hook(), "rotate-secret"),
    body: {},
    type: "webhook.secret_rotated",
  }),
  "webhooks.test": async () => ({ path: hookPath(await hook(), "test"), type: "webhook.test" }),
  "webhooks.replayDelivery": async () => {
    const webhookId = await hook();
    const { id } = await world.client.webhooks.test({ webhookId });
    return { path: hookPath(webhookId, `deliveries/${id}/replay`), type: "webhook.replayed" };
  },
  "webhooks.replay": async () => ({
    path: hookPath(await hook(), "replay"),
    body: { from: "2026-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" },
    type: "webhook.replayed",
  }),
  "migrations.up": async () => ({ path: "/v1/migrations/up", type: "migrations.started" }),
  "migrations.continue": async () => {
    const { slug } = await createTenant(world.client, { slug: "canary", isolation: "schema" });
    const more = { set: "tenant" as const, name: "0003_later.sql", sql: "select 1;" };
    const { files } = await world.client.migrations.get();
    const known = [...migrations, { ...migrations[0], name: "0002_more.sql", sql: "select 1;" }];
    const stored = known.filter((each) => files.some((file) => file.name === each.name));
    await world.client.migrations.store({ files: [...stored, more] as typeof migrations });
    const asked = { canary: [slug], hold: true };
    await world.client.migrations.up(asked, { waitSeconds: 20 });
    return { path: "/v1/migrations/continue", type: "migrations.continued" };
  },
  "migrations.retry": async () => ({
    path: "/v1/migrations/retry",
    body: {},
    type: "migrations.retried",
  }),
  "migrations.drift": async () => ({
    path: "/v1/migrations/drift",
    body: {},
    type: "migrations.compared",
  }),
};

const changing = listRoutes().filter(({ route }) => route.method !== "GET");

test("every route that is no question has a change here", () => {
  expect(Object.keys(changes).sort()).toEqual(changing.map(({ id }) => id).sort());
});

/** Everything that a request could have changed, as one text. */
async function everything(): Promise<string> {
  const tables = [
    ...["tenants", "operations", "operation_steps", "migrations", "legal_holds", "audit_events"],
    ...["webhooks", "webhook_deliveries", "event_lanes", "plans", "verifications"],
    ...["operator_keys", "operator_sessions", "isolation_checks"],
  ];
  const rows = await Promise.all(
    tables.map((table) =>
      sql<{ all: string }>(
        `select string_agg(t::text, ' ' order by t::text) as all from platform.${table} t`,
      ),
    ),
  );
  return JSON.stringify(rows);
}

async function isQuiet(): Promise<boolean> {
  const busy = `select from platform.operations o where finished_at is null and cancel_requested_at is null
      and exists (select from graphile_worker.jobs where key = 'operation:' || o.id)
    union all select from platform.tenants where synced_version < version
    union all select from platform.event_lanes`;
  return (await sql(busy)).length === 0;
}

const ofOperations = new Set(["tenant.activated", "tenant.purged", "isolation_check.finished"]);

describe.each(changing)("$id", ({ id, route }) => {
  test("leaves one event, in its own transaction", async () => {
    const change = await changes[id]?.();
    expect.assert(change !== undefined, "it has a change");
    const requestId = `audit-${id}`;
    const send = () =>
      fetch(world.url + change.path, {
        method: route.method,
        headers: {
          ...(change.headers ?? { authorization: `Bearer ${testKey}` }),
          "x-request-id": requestId,
          ...(route.ifMatch === undefined ? {} : { "if-match": "*" }),
          ...(change.body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(change.body === undefined ? {} : { body: JSON.stringify(change.body) }),
      });
    await until("nothing else is under way", isQuiet);
    const before = await everything();
    await sql("update log_broken set yes = true");
    const refused = await send();
    const text = await refused.text();
    await sql("update log_broken set yes = false");
    expect([refused.status, text.includes("inside; the log")]).toEqual([500, true]);
    expect(text).not.toContain("words of the inside");
    expect(await everything()).toBe(before);

    expect((await send()).status).toBeLessThan(300);
    const events = await sql<{ type: string; actor: { kind: string } }>(
      "select type, actor from platform.audit_events where request_id = $1 order by chain, position",
      [requestId],
    );
    // What an operation does later is told by events of its own.
    expect(events.filter(({ type }) => type === change.type || !ofOperations.has(type))).toEqual([
      { type: change.type, actor: expect.objectContaining({ kind: change.by ?? "operator" }) },
    ]);
    // What it has begun is not waited for here.
    if (id === "isolationChecks.start") await cancelCheck(world.client);
  });
});

test("asking twice for what is under way already is told once", async () => {
  const { operationId } = await fresh();
  await sql("update platform.operations set status = 'running', finished_at = null where id = $1", [
    operationId,
  ]);
  await world.client.operations.cancel({ operationId });
  await world.client.operations.cancel({ operationId });
  const events = await sql(
    "select from platform.audit_events where type = 'operation.cancelled' and data ->> 'operationId' = $1",
    [operationId],
  );
  expect(events).toHaveLength(1);
});
