// Webhooks as operators manage them. Every change is an audit event in its own transaction; a secret is stored sealed and
// leaves in one answer alone. Sending is the part of events/.
import {
  deliveryDetailView,
  deliveryView,
  type WebhookWithSecretView,
  type webhookRoutes,
  webhookView,
} from "@hestia/api";
import {
  type AttemptOutcome,
  assert,
  type Delivery,
  type DeliveryId,
  type Fault,
  HestiaError,
  invalidInput,
  jsonPointer,
  limits,
  makeId,
  makeWebhook,
  patchWebhook,
  type TenantId,
  type Webhook,
  type WebhookId,
  type WebhookPatch,
  webhookChanges,
  webhookFacts,
} from "@hestia/core";
import {
  deleteWebhook,
  findEvent,
  findTenant,
  getDelivery,
  getSecrets,
  getWebhook,
  hurryLanes,
  insertFinished,
  insertWebhook,
  listDeliveries,
  listReplayable,
  listWebhooks,
  lockWebhook,
  type NumberedEvent,
  type PlatformTx,
  type ReplayRange,
  replaceSecret,
  requeueDeliveries,
  type SealedSecrets,
  seal,
  updateWebhook,
} from "@hestia/postgres/platform";
import { pageView, recordEvent } from "./audit.ts";
import { eventSource } from "./config.ts";
import type { OperatorContext } from "./context.ts";
import { checkIfMatch } from "./etag.ts";
import { urlFaults } from "./events/addresses.ts";
import { cloudEvent } from "./events/cloud-event.ts";
import { attempt, secretPurpose } from "./events/deliver.ts";
import { Interrupted } from "./events/post.ts";
import { makeWebhookSecret } from "./events/signature.ts";
import type { Handlers } from "./handlers.ts";
import type { Platform } from "./platform.ts";

type Handler = Handlers<typeof webhookRoutes>;
type NewWebhook = Parameters<Handler["create"]>[1];

/** The handlers of webhooks. */
export const webhookHandlers: Handler = {
  create: async (context, input) => {
    const body = await inTransaction(context, (tx) => create(tx, context, input));
    return { status: 201, body, headers: { location: `/v1/webhooks/${body.id}` } };
  },
  list: async (context, { limit, cursor, ...filter }) => {
    const page = await inTransaction(context, (tx) => listWebhooks(tx, { limit, cursor, filter }));
    return { status: 200, body: pageView(page, webhookView) };
  },
  get: async (context, { webhookId }) => {
    const webhook = await inTransaction(context, (tx) => getWebhook(tx, webhookId));
    return { status: 200, body: webhookView(webhook) };
  },
  update: async (context, { webhookId, ...patch }) => {
    const webhook = await inTransaction(context, (tx) => update(tx, context, webhookId, patch));
    return { status: 200, body: webhookView(webhook) };
  },
  delete: async (context, { webhookId }) => {
    const webhook = await inTransaction(context, (tx) => remove(tx, context, webhookId));
    return { status: 200, body: webhookView(webhook) };
  },
  rotateSecret: async (context, { webhookId, overlapHours }) => {
    const body = await inTransaction(context, (tx) => rotate(tx, context, webhookId, overlapHours));
    return { status: 200, body };
  },
  test: async (context, { webhookId }) => {
    const delivery = await sendTest(context, webhookId);
    return { status: 200, body: deliveryDetailView(delivery) };
  },
  deliveries: async (context, { webhookId, limit, cursor, ...filter }) => {
    const page = await inTransaction(context, async (tx) => {
      await getWebhook(tx, webhookId);
      return listDeliveries(tx, webhookId, { limit, cursor, filter });
    });
    return { status: 200, body: pageView(page, deliveryView) };
  },
  getDelivery: async (context, { webhookId, deliveryId }) => {
    const { delivery, numbered } = await inTransaction(context, async (tx) => {
      await getWebhook(tx, webhookId);
      const { delivery } = await getDelivery(tx, webhookId, deliveryId);
      return { delivery, numbered: await findEvent(tx, delivery.eventId) };
    });
    const source = eventSource(context.platform.config);
    const body = numbered && cloudEvent(numbered, source);
    const view = deliveryDetailView(delivery);
    return { status: 200, body: body === undefined ? view : { ...view, body } };
  },
  replayDelivery: async (context, { webhookId, deliveryId }) => {
    const delivery = await inTransaction(context, (tx) =>
      replayOne(tx, context, webhookId, deliveryId),
    );
    return { status: 200, body: deliveryDetailView(delivery) };
  },
  replay: async (context, { webhookId, ...asked }) => {
    const range = parseRange(asked);
    const body = await inTransaction(context, (tx) => replayMany(tx, context, webhookId, range));
    return { status: 200, body };
  },
};

function inTransaction<T>(
  { platform }: OperatorContext,
  work: (tx: PlatformTx) => Promise<T>,
): Promise<T> {
  return platform.db.asPlatform(work);
}

async function create(
  tx: PlatformTx,
  context: OperatorContext,
  input: NewWebhook,
): Promise<WebhookWithSecretView> {
  const { platform } = context;
  await checkInput(tx, context, input);
  const now = platform.now();
  const webhook = makeWebhook(input, { id: context.makeId<WebhookId>(), now });
  const data = { ...subjectOf(webhook), after: webhookFacts(webhook) };
  // Before it is there: a webhook hears of what comes after it.
  await recordEvent(tx, context, { type: "webhook.created", data, now });
  const secret = makeWebhookSecret();
  await insertWebhook(tx, webhook, sealed(context, webhook, secret));
  return { ...webhookView(webhook), secret };
}

async function update(
  tx: PlatformTx,
  context: OperatorContext,
  webhookId: WebhookId,
  patch: WebhookPatch,
): Promise<Webhook> {
  const before = await lockWebhook(tx, webhookId);
  checkIfMatch(context, before);
  await checkInput(tx, context, patch);
  const now = context.platform.now();
  const webhook = patchWebhook(before, patch, now);
  if (webhook === before) return before;
  await updateWebhook(tx, webhook);
  const data = { ...subjectOf(webhook), ...webhookChanges(before, webhook) };
  await recordEvent(tx, context, { type: "webhook.updated", data, now });
  return webhook;
}

async function remove(
  tx: PlatformTx,
  context: OperatorContext,
  webhookId: WebhookId,
): Promise<Webhook> {
  const webhook = await lockWebhook(tx, webhookId);
  checkIfMatch(context, webhook);
  const data = { ...subjectOf(webhook), before: webhookFacts(webhook) };
  const now = context.platform.now();
  await recordEvent(tx, context, { type: "webhook.deleted", data, now });
  await deleteWebhook(tx, webhookId);
  return webhook;
}

const hourMs = 3_600_000;

async function rotate(
  tx: PlatformTx,
  context: OperatorContext,
  webhookId: WebhookId,
  overlapHours: number,
): Promise<WebhookWithSecretView> {
  const before = await lockWebhook(tx, webhookId);
  checkIfMatch(context, before);
  const now = context.platform.now();
  const previousSecretUntil = new Date(now.getTime() + overlapHours * hourMs);
  const version = before.version + 1;
  const webhook: Webhook = { ...before, previousSecretUntil, version, updatedAt: now };
  const secret = makeWebhookSecret();
  await replaceSecret(tx, webhook, sealed(context, webhook, secret));
  const data = { ...subjectOf(webhook), previousValidUntil: previousSecretUntil.toISOString() };
  await recordEvent(tx, context, { type: "webhook.secret_rotated", data, now });
  return { ...webhookView(webhook), secret };
}

function sealed({ platform }: OperatorContext, { id }: Webhook, secret: string): string {
  return seal(platform.config.secretKey, secretPurpose(id), secret);
}

function subjectOf({ id, name }: Webhook) {
  return { webhookId: id, name };
}

async function checkInput(
  tx: PlatformTx,
  { platform }: OperatorContext,
  { url, tenantIds }: WebhookPatch,
): Promise<void> {
  const faults = url === undefined ? [] : urlFaults(platform.outbound.rule, url);
  const unknown = await unknownTenants(tx, tenantIds ?? []);
  if (faults.length + unknown.length > 0) throw invalidInput([...faults, ...unknown]);
}

async function unknownTenants(tx: PlatformTx, ids: readonly TenantId[]): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const [index, id] of ids.entries())
    if ((await findTenant(tx, id)) === undefined)
      faults.push({
        pointer: jsonPointer("tenantIds", index),
        code: "not_found",
        message: "There is no such tenant.",
      });
  return faults;
}

type Test = {
  readonly webhook: Webhook;
  readonly secrets: SealedSecrets;
  readonly numbered: NumberedEvent;
  readonly deliveryId: DeliveryId;
};

async function sendTest(context: OperatorContext, webhookId: WebhookId): Promise<Delivery> {
  const { platform } = context;
  const test = await inTransaction(context, (tx) => beginTest(tx, context, webhookId));
  const { retryAfterMs: _once, ...outcome } = await attemptTest(platform, test);
  const { event, position } = test.numbered;
  const delivery: Delivery = {
    id: test.deliveryId,
    webhookId,
    eventId: event.id,
    type: event.type,
    status: outcome.error === undefined ? "delivered" : "abandoned",
    attempts: [outcome],
    tries: 1,
    createdAt: event.at,
    finishedAt: platform.now(),
  };
  await inTransaction(context, async (tx) => {
    // Deleted while it was tested: then there is no log any more.
    await lockWebhook(tx, webhookId);
    await insertFinished(tx, { delivery, position });
  });
  return delivery;
}

async function attemptTest(platform: Platform, test: Test): Promise<AttemptOutcome> {
  try {
    return await attempt(platform, test, platform.engine.stopping);
  } catch (error) {
    if (error instanceof Interrupted)
      throw new HestiaError("server_stopping", {}, { cause: error });
    throw error;
  }
}

async function beginTest(
  tx: PlatformTx,
  context: OperatorContext,
  webhookId: WebhookId,
): Promise<Test> {
  const now = context.platform.now();
  const deliveryId = makeId<DeliveryId>(now);
  const webhook = await getWebhook(tx, webhookId);
  const data = { ...subjectOf(webhook), deliveryId };
  const eventId = await recordEvent(tx, context, { type: "webhook.test", data, now });
  const numbered = await findEvent(tx, eventId);
  assert(numbered !== undefined, "an event that was recorded is there");
  return { webhook, secrets: await getSecrets(tx, webhookId), numbered, deliveryId };
}

async function replayOne(
  tx: PlatformTx,
  context: OperatorContext,
  webhookId: WebhookId,
  deliveryId: DeliveryId,
): Promise<Delivery> {
  const webhook = await lockActive(tx, webhookId);
  const { delivery, chain } = await getDelivery(tx, webhookId, deliveryId);
  await requeue(tx, context, { webhook, found: [{ id: delivery.id, chain }] });
  return (await getDelivery(tx, webhookId, deliveryId)).delivery;
}

async function replayMany(
  tx: PlatformTx,
  context: OperatorContext,
  webhookId: WebhookId,
  range: ReplayRange,
): Promise<{ count: number; more: boolean }> {
  const webhook = await lockActive(tx, webhookId);
  const { replayDeliveriesMax } = limits;
  const limit = replayDeliveriesMax + 1;
  const all = await listReplayable(tx, webhookId, { ...range, limit });
  const found = all.slice(0, replayDeliveriesMax);
  await requeue(tx, context, { webhook, found });
  return { count: found.length, more: all.length > found.length };
}

type Requeue = {
  readonly webhook: Webhook;
  readonly found: readonly { readonly id: DeliveryId; readonly chain: string }[];
};

// The event first, then the lanes, then the deliveries: the order in which servers that deliver lock them, too.
async function requeue(
  tx: PlatformTx,
  context: OperatorContext,
  { webhook, found }: Requeue,
): Promise<void> {
  const now = context.platform.now();
  const data = { ...subjectOf(webhook), deliveries: found.length };
  await recordEvent(tx, context, { type: "webhook.replayed", data, now });
  const chains = [...new Set(found.map(({ chain }) => chain))];
  await hurryLanes(tx, { consumer: webhook.id, chains, now });
  await requeueDeliveries(
    tx,
    found.map(({ id }) => id),
    now,
  );
}

async function lockActive(tx: PlatformTx, webhookId: WebhookId): Promise<Webhook> {
  const webhook = await lockWebhook(tx, webhookId);
  if (webhook.status === "disabled") throw new HestiaError("webhook_disabled");
  return webhook;
}

function parseRange({
  from,
  to,
  status,
}: Omit<Parameters<Handler["replay"]>[1], "webhookId">): ReplayRange {
  const range = { from: new Date(from), to: new Date(to), status };
  // A leap second is a time by the format, and none to JavaScript.
  for (const name of ["from", "to"] as const)
    if (Number.isNaN(range[name].getTime()))
      throw invalidInput([
        { pointer: `/${name}`, code: "malformed", message: "This must be a valid date-time." },
      ]);
  if (range.from < range.to) return range;
  throw invalidInput([{ pointer: "/to", code: "too_small", message: "It must be after from." }]);
}
