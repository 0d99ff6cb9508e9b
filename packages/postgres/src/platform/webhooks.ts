// The SQL of webhooks. Their secrets are sealed before they come here, and are read where deliveries are signed alone.
import {
  type EventType,
  HestiaError,
  limits,
  type Page,
  type TenantId,
  type Webhook,
  type WebhookId,
  type WebhookStatus,
} from "@hestia/core";
import type { Selectable } from "kysely";
import { sql } from "kysely";
import { naming } from "./constraints.ts";
import type { PlatformTx } from "./database.ts";
import { deleteLanes } from "./event-lanes.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

const columns = [
  "id",
  "name",
  "url",
  "event_types",
  "tenant_ids",
  "status",
  "status_reason",
  "failing_since",
  "previous_secret_until",
  "created_at",
  "updated_at",
  "version",
] as const;

/** Inserts a webhook with its sealed secret; throws `webhook_name_taken` or `webhook_limit_reached`. */
export async function insertWebhook(
  tx: PlatformTx,
  webhook: Webhook,
  sealedSecret: string,
): Promise<void> {
  const values = {
    ...changeable(webhook),
    id: webhook.id,
    secret: sealedSecret,
    created_at: webhook.createdAt,
  };
  await naming(takenBy(webhook), tx.insertInto("webhooks").values(values).execute());
  const { count } = await tx
    .selectFrom("webhooks")
    .select(sql<number>`count(*)::integer`.as("count"))
    .executeTakeFirstOrThrow();
  const { webhooksMax } = limits;
  if (count > webhooksMax) throw new HestiaError("webhook_limit_reached", { webhooksMax });
}

/** Tells whether an active webhook names this type among those that it gets of the tenant. */
export async function isListedByWebhook(
  tx: PlatformTx,
  type: EventType,
  tenantId: TenantId,
): Promise<boolean> {
  const { rows } = await sql<{ listed: boolean }>`
    select exists (select from platform.webhooks w where w.status = 'active' and w.event_types ? ${type}
      and (w.tenant_ids is null or w.tenant_ids ? ${tenantId})) as listed`.execute(tx);
  return rows[0]?.listed === true;
}

/** Returns the webhook, or undefined. */
export async function findWebhook(
  tx: PlatformTx,
  webhookId: WebhookId,
): Promise<Webhook | undefined> {
  const row = await oneWebhook(tx, webhookId).executeTakeFirst();
  return row && toWebhook(row);
}

/** Returns the webhook; throws `webhook_not_found`. */
export async function getWebhook(tx: PlatformTx, webhookId: WebhookId): Promise<Webhook> {
  return (await findWebhook(tx, webhookId)) ?? notFound();
}

/** Returns the webhook, which no one else changes until the transaction ends; throws `webhook_not_found`. */
export async function lockWebhook(tx: PlatformTx, webhookId: WebhookId): Promise<Webhook> {
  const row = await oneWebhook(tx, webhookId).forNoKeyUpdate().executeTakeFirst();
  return row ? toWebhook(row) : notFound();
}

/** Writes a changed webhook, which the transaction has locked; throws `webhook_name_taken`. */
export async function updateWebhook(tx: PlatformTx, webhook: Webhook): Promise<void> {
  await naming(
    takenBy(webhook),
    tx.updateTable("webhooks").set(changeable(webhook)).where("id", "=", webhook.id).execute(),
  );
}

/** Deletes the webhook with its deliveries. */
export async function deleteWebhook(tx: PlatformTx, webhookId: WebhookId): Promise<void> {
  // First against events that are just being queued, then against servers that deliver: the order in which both lock.
  await oneWebhook(tx, webhookId).forUpdate().execute();
  await deleteLanes(tx, webhookId);
  await tx.deleteFrom("webhooks").where("id", "=", webhookId).execute();
}

/** What a list of webhooks is narrowed to. */
export type WebhookFilter = {
  readonly name?: string | undefined;
  readonly status?: readonly WebhookStatus[] | undefined;
};

const newestFirst: Keyset = {
  column: "webhooks.created_at",
  id: "webhooks.id",
  kind: "time",
  descending: true,
};

/** Returns one page of webhooks, the newest first; throws `cursor_invalid`. */
export async function listWebhooks(
  tx: PlatformTx,
  { filter, ...page }: PageRequest & { filter: WebhookFilter },
): Promise<Page<Webhook>> {
  const binding = { sort: "-createdAt", filter: { ...filter } };
  const { name, status } = filter;
  const rows = await tx
    .selectFrom("webhooks")
    .select(columns)
    .$if(name !== undefined, (query) => query.where("name", "=", name ?? ""))
    .$if(status !== undefined, (query) => query.where("status", "in", status ?? []))
    .where(afterCursor(newestFirst, page, binding))
    .orderBy(keysetOrder(newestFirst))
    .limit(page.limit + 1)
    .execute();
  return pageOfRows(rows.map(toWebhook), page, binding, ({ createdAt, id }) => [createdAt, id]);
}

/** The sealed secrets of a webhook. */
export type SealedSecrets = {
  readonly current: string;
  readonly previous?: { readonly sealed: string; readonly until: Date } | undefined;
};

/** Returns the sealed secrets; throws `webhook_not_found`. */
export async function getSecrets(tx: PlatformTx, webhookId: WebhookId): Promise<SealedSecrets> {
  const row = await tx
    .selectFrom("webhooks")
    .select(["secret", "previous_secret", "previous_secret_until"])
    .where("id", "=", webhookId)
    .executeTakeFirst();
  if (row === undefined) return notFound();
  const { secret: current, previous_secret: sealed, previous_secret_until: until } = row;
  return sealed === null || until === null ? { current } : { current, previous: { sealed, until } };
}

/** Gives the webhook another secret; the present one becomes the previous. */
export async function replaceSecret(
  tx: PlatformTx,
  webhook: Webhook,
  sealedSecret: string,
): Promise<void> {
  await tx
    .updateTable("webhooks")
    .set({
      ...changeable(webhook),
      secret: sealedSecret,
      previous_secret: sql<string>`secret`,
      previous_secret_until: webhook.previousSecretUntil ?? null,
    })
    .where("id", "=", webhook.id)
    .execute();
}

/** Notes whether the webhook takes what it is sent; returns since when it does not. */
export async function noteReception(
  tx: PlatformTx,
  webhookId: WebhookId,
  { succeeded, now }: { succeeded: boolean; now: Date },
): Promise<Date | undefined> {
  // Mostly nothing changes, and then nothing is locked.
  await tx
    .updateTable("webhooks")
    .set({ failing_since: succeeded ? null : now })
    .where("id", "=", webhookId)
    .where("failing_since", succeeded ? "is not" : "is", null)
    .execute();
  const row = await tx
    .selectFrom("webhooks")
    .select("failing_since")
    .where("id", "=", webhookId)
    .executeTakeFirst();
  return row?.failing_since ?? undefined;
}

function oneWebhook(tx: PlatformTx, webhookId: WebhookId) {
  return tx.selectFrom("webhooks").select(columns).where("id", "=", webhookId);
}

function changeable(webhook: Webhook) {
  return {
    name: webhook.name,
    url: webhook.url,
    event_types: webhook.eventTypes === undefined ? null : JSON.stringify(webhook.eventTypes),
    tenant_ids: webhook.tenantIds === undefined ? null : JSON.stringify(webhook.tenantIds),
    status: webhook.status,
    status_reason: webhook.statusReason ?? null,
    failing_since: webhook.failingSince ?? null,
    version: webhook.version,
    updated_at: webhook.updatedAt,
  };
}

const takenBy = ({ name }: Webhook) => ({
  webhooks_name_key: () => new HestiaError("webhook_name_taken", { name }),
});

function notFound(): never {
  throw new HestiaError("webhook_not_found");
}

type WebhookRow = Pick<Selectable<PlatformTables["webhooks"]>, (typeof columns)[number]>;

function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id as WebhookId,
    name: row.name,
    url: row.url,
    eventTypes: (row.event_types as EventType[] | null) ?? undefined,
    tenantIds: (row.tenant_ids as TenantId[] | null) ?? undefined,
    status: row.status as WebhookStatus,
    statusReason: row.status_reason ?? undefined,
    failingSince: row.failing_since ?? undefined,
    previousSecretUntil: row.previous_secret_until ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}
