// Webhooks and their deliveries as they cross the wire. A secret is in a shape of its own, which only two answers have.
import {
  type Delivery,
  type DeliveryAttempt,
  type DeliveryId,
  deliveryStatuses,
  type EventId,
  eventTypes,
  type TenantId,
  type Webhook,
  type WebhookId,
  webhookStatuses,
} from "@hestia/core";
import { type Static, Type } from "typebox";
import { withoutAbsent } from "./present.ts";
import { timeSchema } from "./schemas.ts";

const uuid = { type: "string", format: "uuid" } as const;

const webhookMembers = {
  id: Type.Unsafe<WebhookId>(uuid),
  name: Type.String(),
  url: Type.String({ format: "uri" }),
  eventTypes: Type.Optional(
    Type.Array(Type.Enum([...eventTypes]), { description: "The types that it gets; absent, all." }),
  ),
  tenantIds: Type.Optional(
    Type.Array(Type.Unsafe<TenantId>(uuid), {
      description: "The tenants whose events it gets; absent, all, and the platform's own.",
    }),
  ),
  status: Type.Enum([...webhookStatuses]),
  statusReason: Type.Optional(Type.String({ description: "Why it is disabled." })),
  failingSince: Type.Optional(timeSchema),
  previousSecretUntil: Type.Optional(timeSchema),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  version: Type.Integer(),
};

/** The schema of a webhook in an answer. */
export const webhookSchema = Type.Object(webhookMembers, { title: "Webhook" });

/** The schema of a webhook whose secret was just made. */
export const webhookWithSecretSchema = Type.Object(
  {
    ...webhookMembers,
    secret: Type.String({
      description: "What its events are signed with, `whsec_…`; shown in this answer alone.",
    }),
  },
  { title: "WebhookWithSecret" },
);

const attemptSchema = Type.Object(
  {
    at: timeSchema,
    durationMs: Type.Integer(),
    statusCode: Type.Optional(Type.Integer({ description: "The answer's status, if one came." })),
    error: Type.Optional(Type.String({ description: "Why it failed." })),
    response: Type.Optional(Type.String({ description: "How the answer's body begins." })),
  },
  { title: "DeliveryAttempt" },
);

const deliveryMembers = {
  id: Type.Unsafe<DeliveryId>(uuid),
  webhookId: Type.Unsafe<WebhookId>(uuid),
  eventId: Type.Unsafe<EventId>({
    ...uuid,
    description: "What the receiver gets as `webhook-id`.",
  }),
  type: Type.String({ examples: ["tenant.created"] }),
  tenantId: Type.Optional(Type.Unsafe<TenantId>(uuid)),
  status: Type.Enum([...deliveryStatuses], {
    description: "`failed` is tried again at `nextAttemptAt`, `abandoned` is not.",
  }),
  tries: Type.Integer({ description: "How often it was tried since it was queued." }),
  nextAttemptAt: Type.Optional(timeSchema),
  createdAt: timeSchema,
  finishedAt: Type.Optional(timeSchema),
};

/** The schema of a delivery in a list. */
export const deliverySchema = Type.Object(
  { ...deliveryMembers, lastError: Type.Optional(Type.String()) },
  { title: "Delivery" },
);

/** The schema of a delivery with its attempts. */
export const deliveryDetailSchema = Type.Object(
  {
    ...deliveryMembers,
    attempts: Type.Array(attemptSchema, { description: "The oldest first." }),
    body: Type.Optional(
      Type.String({
        description:
          "What is sent, without a token that only the receiver is told; where one delivery is asked for.",
      }),
    ),
  },
  { title: "DeliveryDetail" },
);

/** A webhook as it crosses the wire. */
export type WebhookView = Static<typeof webhookSchema>;
/** A webhook with its fresh secret. */
export type WebhookWithSecretView = Static<typeof webhookWithSecretSchema>;
/** A delivery as it crosses the wire in a list. */
export type DeliveryView = Static<typeof deliverySchema>;
/** A delivery with its attempts as it crosses the wire. */
export type DeliveryDetailView = Static<typeof deliveryDetailSchema>;

/** Returns the webhook as it crosses the wire. */
export function webhookView(webhook: Webhook): WebhookView {
  const {
    eventTypes,
    tenantIds,
    failingSince,
    previousSecretUntil,
    createdAt,
    updatedAt,
    ...rest
  } = webhook;
  return withoutAbsent({
    ...rest,
    eventTypes: eventTypes && [...eventTypes],
    tenantIds: tenantIds && [...tenantIds],
    failingSince: failingSince?.toISOString(),
    previousSecretUntil: previousSecretUntil?.toISOString(),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }) as WebhookView;
}

/** Returns the delivery as it crosses the wire in a list. */
export function deliveryView(delivery: Delivery): DeliveryView {
  const isFinal = delivery.status === "delivered";
  const lastError = isFinal ? undefined : delivery.attempts.at(-1)?.error;
  return { ...deliveryFacts(delivery), ...(lastError === undefined ? {} : { lastError }) };
}

/** Returns the delivery with its attempts as it crosses the wire. */
export function deliveryDetailView(delivery: Delivery): DeliveryDetailView {
  return { ...deliveryFacts(delivery), attempts: delivery.attempts.map(attemptView) };
}

function deliveryFacts({
  attempts: _apart,
  ...delivery
}: Delivery): Omit<DeliveryView, "lastError"> {
  return withoutAbsent({
    ...delivery,
    nextAttemptAt: delivery.nextAttemptAt?.toISOString(),
    createdAt: delivery.createdAt.toISOString(),
    finishedAt: delivery.finishedAt?.toISOString(),
  }) as Omit<DeliveryView, "lastError">;
}

function attemptView(attempt: DeliveryAttempt): Static<typeof attemptSchema> {
  return withoutAbsent({ ...attempt, at: attempt.at.toISOString() }) as Static<
    typeof attemptSchema
  >;
}
