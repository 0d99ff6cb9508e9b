// The SQL of deliveries: one row for each event and webhook, from the event's transaction until it is too old to be kept.
import {
  type Delivery,
  type DeliveryAttempt,
  type DeliveryId,
  type DeliveryStatus,
  type EventId,
  type EventType,
  HestiaError,
  type JsonValue,
  makeId,
  type Page,
  type TenantId,
  type WebhookId,
} from "@hestia/core";
import { type Selectable, sql } from "kysely";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** A delivery and the chain in whose order it is sent. */
export type QueuedDelivery = { readonly delivery: Delivery; readonly chain: string };

/** Inserts a pending delivery of the event for each webhook; returns those that were not deleted meanwhile. */
export async function insertDeliveries(
  tx: PlatformTx,
  { event, webhooks, now }: { event: EventId; webhooks: readonly WebhookId[]; now: Date },
): Promise<WebhookId[]> {
  if (webhooks.length === 0) return [];
  const ids = webhooks.map(() => makeId<DeliveryId>(now));
  const { rows } = await sql<{ webhookId: WebhookId }>`
    insert into platform.webhook_deliveries
      (id, webhook_id, event_id, chain, position, tenant_id, type, status, next_attempt_at, created_at)
    select made.id, w.id, e.id, e.chain, e.position, e.tenant_id, e.type, 'pending', ${now}, e.at
    from platform.audit_events e,
      unnest(${ids}::uuid[], ${webhooks}::uuid[]) as made (id, webhook_id)
      join (select id from platform.webhooks where id = any (${webhooks}::uuid[]) for key share) w on w.id = made.webhook_id
    where e.id = ${event}
    returning webhook_id as "webhookId"`.execute(tx);
  return rows.map((row) => row.webhookId);
}

/** Inserts a delivery that is over already, for the log. */
export async function insertFinished(
  tx: PlatformTx,
  { delivery, position }: { delivery: Delivery; position: string },
): Promise<void> {
  await tx
    .insertInto("webhook_deliveries")
    .values({
      ...changeable(delivery),
      id: delivery.id,
      webhook_id: delivery.webhookId,
      event_id: delivery.eventId,
      chain: sql<string>`(select chain from platform.audit_events where id = ${delivery.eventId})`,
      position,
      tenant_id: delivery.tenantId ?? null,
      type: delivery.type,
      created_at: delivery.createdAt,
    })
    .execute();
}

/** Returns the delivery that is next in its webhook's lane, or undefined. */
export async function findNextDelivery(
  tx: PlatformTx,
  lane: { readonly webhookId: WebhookId; readonly chain: string },
): Promise<Delivery | undefined> {
  const row = await tx
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("webhook_id", "=", lane.webhookId)
    .where("chain", "=", lane.chain)
    .where("finished_at", "is", null)
    .orderBy("position")
    .limit(1)
    .executeTakeFirst();
  return row && toDelivery(row);
}

/** Returns the delivery with its chain; throws `delivery_not_found`. */
export async function getDelivery(
  tx: PlatformTx,
  webhookId: WebhookId,
  deliveryId: DeliveryId,
): Promise<QueuedDelivery> {
  const row = await tx
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("webhook_id", "=", webhookId)
    .where("id", "=", deliveryId)
    .executeTakeFirst();
  if (row === undefined) throw new HestiaError("delivery_not_found");
  return { delivery: toDelivery(row), chain: row.chain };
}

/** Writes what came of an attempt. */
export async function updateDelivery(tx: PlatformTx, delivery: Delivery): Promise<void> {
  await tx
    .updateTable("webhook_deliveries")
    .set(changeable(delivery))
    .where("id", "=", delivery.id)
    .execute();
}

/** What a list of deliveries is narrowed to. */
export type DeliveryFilter = {
  readonly status?: readonly DeliveryStatus[] | undefined;
  readonly type?: readonly EventType[] | undefined;
  readonly tenantId?: TenantId | undefined;
};

const newestFirst: Keyset = {
  column: "webhook_deliveries.created_at",
  id: "webhook_deliveries.id",
  kind: "time",
  descending: true,
};

/** Returns one page of a webhook's deliveries, the newest first; throws `cursor_invalid`. */
export async function listDeliveries(
  tx: PlatformTx,
  webhookId: WebhookId,
  { filter, ...page }: PageRequest & { filter: DeliveryFilter },
): Promise<Page<Delivery>> {
  const binding = { sort: "-createdAt", filter: { webhookId, ...filter } };
  const { status, type, tenantId } = filter;
  const rows = await tx
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("webhook_id", "=", webhookId)
    .$if(status !== undefined, (query) => query.where("status", "in", status ?? []))
    .$if(type !== undefined, (query) => query.where("type", "in", type ?? []))
    .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId ?? ""))
    .where(afterCursor(newestFirst, page, binding))
    .orderBy(keysetOrder(newestFirst))
    .limit(page.limit + 1)
    .execute();
  return pageOfRows(rows.map(toDelivery), page, binding, ({ createdAt, id }) => [createdAt, id]);
}

/** Which deliveries are to be sent again: those of events from one time on and before another. */
export type ReplayRange = {
  readonly from: Date;
  readonly to: Date;
  readonly status: readonly DeliveryStatus[];
};

/** Returns deliveries of the range, the oldest first. */
export async function listReplayable(
  tx: PlatformTx,
  webhookId: WebhookId,
  { from, to, status, limit }: ReplayRange & { limit: number },
): Promise<readonly { readonly id: DeliveryId; readonly chain: string }[]> {
  const rows = await tx
    .selectFrom("webhook_deliveries")
    .select(["id", "chain"])
    .where("webhook_id", "=", webhookId)
    .where("created_at", ">=", from)
    .where("created_at", "<", to)
    .where("status", "in", status)
    // What was a test is over with its answer.
    .where("type", "<>", "webhook.test")
    .orderBy("created_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ id, chain }) => ({ id: id as DeliveryId, chain }));
}

/** Puts deliveries back on the queue, as if they had never been tried; their log stays. */
export async function requeueDeliveries(
  tx: PlatformTx,
  ids: readonly DeliveryId[],
  now: Date,
): Promise<void> {
  await sql`
    update platform.webhook_deliveries
    set status = 'pending', tries = 0, next_attempt_at = ${now}, finished_at = null
    where id = any (${ids}::uuid[])`.execute(tx);
}

/** Deletes deliveries that were over before the time, and such as wait for a disabled webhook since then; returns how many. */
export async function deleteOldDeliveries(
  tx: PlatformTx,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from platform.webhook_deliveries where id in (
      select id from platform.webhook_deliveries where finished_at < ${before}
      union all
      select d.id from platform.webhooks w join platform.webhook_deliveries d on d.webhook_id = w.id
      where w.status = 'disabled' and d.finished_at is null and d.created_at < ${before}
      limit ${limit})`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

function changeable(delivery: Delivery) {
  return {
    status: delivery.status,
    tries: delivery.tries,
    attempts: JSON.stringify(delivery.attempts),
    next_attempt_at: delivery.nextAttemptAt ?? null,
    finished_at: delivery.finishedAt ?? null,
  };
}

type StoredAttempt = Omit<DeliveryAttempt, "at"> & { readonly at: string };

function toDelivery(row: Selectable<PlatformTables["webhook_deliveries"]>): Delivery {
  return {
    id: row.id as DeliveryId,
    webhookId: row.webhook_id as WebhookId,
    eventId: row.event_id as EventId,
    type: row.type as EventType,
    tenantId: (row.tenant_id as TenantId | null) ?? undefined,
    status: row.status as DeliveryStatus,
    attempts: toAttempts(row.attempts),
    tries: row.tries,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
  };
}

function toAttempts(value: JsonValue): DeliveryAttempt[] {
  return (value as unknown as StoredAttempt[]).map((each) => ({ ...each, at: new Date(each.at) }));
}
