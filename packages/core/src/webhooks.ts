// Webhooks: where events go beyond the platform, and how often one is tried there. A delivery stands for one event and
// one webhook; it ends delivered or abandoned, and until then later events of the same tenant wait behind it.
import type { EventType } from "./events.ts";
import { type Fault, type Parsed, parsedOr } from "./faults.ts";
import type { DeliveryId, EventId, TenantId, WebhookId } from "./ids.ts";
import { type JsonValue, jsonEquals } from "./json.ts";
import { limits } from "./limits.ts";

/** The states of a webhook: a disabled one gets no events. */
export const webhookStatuses = ["active", "disabled"] as const;
/** One state of a webhook. */
export type WebhookStatus = (typeof webhookStatuses)[number];

/** An address to which events are sent. Its secret is no part of it. */
export type Webhook = {
  readonly id: WebhookId;
  /** What people call it; no two are called the same. */
  readonly name: string;
  readonly url: string;
  /** The types of events that it gets; absent, all. */
  readonly eventTypes?: readonly EventType[] | undefined;
  /** The tenants whose events it gets; absent, all and the platform's own. */
  readonly tenantIds?: readonly TenantId[] | undefined;
  readonly status: WebhookStatus;
  /** Why it is disabled. */
  readonly statusReason?: string | undefined;
  /** Since when nothing was delivered although it was tried. */
  readonly failingSince?: Date | undefined;
  /** Until when the former secret signs beside the present one. */
  readonly previousSecretUntil?: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
};

/** What is asked for when a webhook is created. */
export type NewWebhook = Pick<Webhook, "name" | "url" | "eventTypes" | "tenantIds">;

/** What may be changed in a webhook; absent stays, null takes a filter away. */
export type WebhookPatch = {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly eventTypes?: readonly EventType[] | null | undefined;
  readonly tenantIds?: readonly TenantId[] | null | undefined;
  readonly status?: WebhookStatus | undefined;
};

/** Makes an active webhook. */
export function makeWebhook(
  { name, url, eventTypes, tenantIds }: NewWebhook,
  { id, now }: { id: WebhookId; now: Date },
): Webhook {
  const filters = { eventTypes, tenantIds };
  return {
    id,
    name,
    url,
    ...filters,
    status: "active",
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

/** Returns the webhook with the patch applied, or the same object when nothing changes. */
export function patchWebhook(webhook: Webhook, patch: WebhookPatch, now: Date): Webhook {
  const status = patch.status ?? webhook.status;
  const patched: Webhook = {
    ...webhook,
    name: patch.name ?? webhook.name,
    url: patch.url ?? webhook.url,
    eventTypes: replaced(webhook.eventTypes, patch.eventTypes),
    tenantIds: replaced(webhook.tenantIds, patch.tenantIds),
    ...(status === webhook.status ? {} : turned(status)),
  };
  if (Object.keys(webhookChanges(webhook, patched).after).length === 0) return webhook;
  return { ...patched, updatedAt: now, version: webhook.version + 1 };
}

/** Returns the webhook as disabled, with the reason that people are told. */
export function disableWebhook(webhook: Webhook, statusReason: string, now: Date): Webhook {
  return {
    ...webhook,
    status: "disabled",
    statusReason,
    updatedAt: now,
    version: webhook.version + 1,
  };
}

// A webhook that is switched on again begins with a clean record.
function turned(status: WebhookStatus): Partial<Webhook> {
  return status === "active"
    ? { status, statusReason: undefined, failingSince: undefined }
    : { status, statusReason: "An operator disabled it." };
}

function replaced<Value>(before: Value, asked: Value | null | undefined): Value | undefined {
  return asked === undefined ? before : (asked ?? undefined);
}

/** The members of a webhook whose changes the audit log tells. */
const audited = ["name", "url", "eventTypes", "tenantIds", "status", "statusReason"] as const;

/** The members that a change touched, as they were and as they became. */
export type WebhookChanges = {
  readonly before: { readonly [name: string]: JsonValue };
  readonly after: { readonly [name: string]: JsonValue };
};

/** Returns the changed members before and after, with null for absent. */
export function webhookChanges(before: Webhook, after: Webhook): WebhookChanges {
  const changed = audited.filter((name) => !jsonEquals(before[name], after[name]));
  const valuesOf = (webhook: Webhook) =>
    Object.fromEntries(changed.map((name) => [name, webhook[name] ?? null]));
  return { before: valuesOf(before), after: valuesOf(after) };
}

/** Returns what the audit log tells of a webhook that is made or deleted. */
export function webhookFacts(webhook: Webhook): { readonly [name: string]: JsonValue } {
  return Object.fromEntries(
    audited.flatMap((name) => (webhook[name] === undefined ? [] : [[name, webhook[name]]])),
  );
}

/**
 * Returns the address in canonical form, or its fault: https or http, no credentials, no fragment.
 *
 * Whether it may be sent to is decided where it is sent: names change what they lead to.
 */
export function parseWebhookUrl(text: unknown): Parsed<string> {
  const refuse = (code: string, message: string) => ({
    faults: [{ pointer: "", code, message }] as const,
  });
  if (typeof text !== "string") return refuse("wrong_type", "The address must be a text.");
  if (text.length > limits.webhookUrlCharsMax)
    return refuse(
      "too_long",
      `The address must have at most ${limits.webhookUrlCharsMax} characters.`,
    );
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "")
    return refuse("malformed", "The address must be like https://example.com/hooks.");
  const faults: Fault[] = [];
  if (url.username !== "" || url.password !== "")
    faults.push({
      pointer: "",
      code: "not_allowed",
      message: "The address may not have a user or a password; the signature says who sends.",
    });
  if (url.hash !== "")
    faults.push({
      pointer: "",
      code: "not_allowed",
      message: "The address may not have a fragment.",
    });
  return parsedOr(faults, () => url.href);
}

/** The states of a delivery; `failed` is tried again, `abandoned` is not. */
export const deliveryStatuses = ["pending", "delivered", "failed", "abandoned"] as const;
/** One state of a delivery. */
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** One try at a delivery, and what came of it. */
export type DeliveryAttempt = {
  readonly at: Date;
  readonly durationMs: number;
  /** The status of the answer, where one came. */
  readonly statusCode?: number | undefined;
  /** Why it failed, in one sentence. */
  readonly error?: string | undefined;
  /** How the answer's body begins. */
  readonly response?: string | undefined;
};

/** One event on its way to one webhook. */
export type Delivery = {
  readonly id: DeliveryId;
  readonly webhookId: WebhookId;
  readonly eventId: EventId;
  readonly type: EventType;
  readonly tenantId?: TenantId | undefined;
  readonly status: DeliveryStatus;
  /** The latest attempts, the oldest first. */
  readonly attempts: readonly DeliveryAttempt[];
  /** How often it was tried since it was queued, or queued again. */
  readonly tries: number;
  readonly nextAttemptAt?: Date | undefined;
  readonly createdAt: Date;
  readonly finishedAt?: Date | undefined;
};

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The pauses before the second and every further try, as Standard Webhooks has them: about three days. */
const pausesMs = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
] as const;

/** A webhook to which nothing could be delivered for so long is disabled. */
const failingMsMax = 5 * 24 * hour;
/** A receiver can ask to be left alone for so long at most. */
const retryAfterMsMax = 24 * hour;
/** Added at random, so that receivers that failed together are not tried together. */
const jitter = 0.1;

/** What a delivery needs to know of its latest attempt. */
export type AttemptOutcome = DeliveryAttempt & {
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
};

/** Returns the delivery after an attempt; `random` is from 0 to 1. */
export function afterAttempt(
  delivery: Delivery,
  { retryAfterMs = 0, ...attempt }: AttemptOutcome,
  { now, random }: { now: Date; random: number },
): Delivery {
  const { nextAttemptAt: _past, ...rest } = delivery;
  const attempts = [...delivery.attempts, attempt].slice(-limits.deliveryAttemptsKept);
  const tried = { ...rest, attempts, tries: delivery.tries + 1 };
  if (attempt.error === undefined) return { ...tried, status: "delivered", finishedAt: now };
  const pauseMs = pausesMs[delivery.tries];
  if (pauseMs === undefined) return { ...tried, status: "abandoned", finishedAt: now };
  const waitMs = Math.max(pauseMs * (1 + jitter * random), Math.min(retryAfterMs, retryAfterMsMax));
  return {
    ...tried,
    status: "failed",
    nextAttemptAt: new Date(now.getTime() + Math.round(waitMs)),
  };
}

/** Returns why a webhook is to be disabled after an attempt, or undefined where it is not. */
export function reasonToDisable(
  { failingSince }: Pick<Webhook, "failingSince">,
  { statusCode }: DeliveryAttempt,
  now: Date,
): string | undefined {
  if (statusCode === 410) return "The receiver answered 410: it is gone for good.";
  const isLong =
    failingSince !== undefined && now.getTime() - failingSince.getTime() >= failingMsMax;
  return isLong ? `Nothing could be delivered since ${failingSince.toISOString()}.` : undefined;
}
