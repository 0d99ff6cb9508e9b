// Webhooks on the wire: where events are sent, how it went, and sending them again. A secret is in one answer, once.
import {
  type Delivery,
  type DeliveryAttempt,
  type DeliveryId,
  deliveryStatuses,
  type EventId,
  type EventType,
  eventTypes,
  limits,
  type TenantId,
  uuidPattern,
  type Webhook,
  type WebhookId,
  webhookStatuses,
} from "@hestia/core";
import { type Static, Type } from "typebox";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import { defaulted, type Routes } from "./route.ts";
import {
  deliveryIdInput,
  input,
  ruled,
  tenantIdInput,
  timeSchema,
  webhookIdInput,
  webhookNameInput,
  webhookUrlInput,
} from "./schemas.ts";

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
const webhookSchema = Type.Object(webhookMembers, { title: "Webhook" });

/** The schema of a webhook whose secret was just made. */
const webhookWithSecretSchema = Type.Object(
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
const deliverySchema = Type.Object(
  { ...deliveryMembers, lastError: Type.Optional(Type.String()) },
  { title: "Delivery" },
);

/** The schema of a delivery with its attempts. */
const deliveryDetailSchema = Type.Object(
  { ...deliveryMembers, attempts: Type.Array(attemptSchema, { description: "The oldest first." }) },
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

const typesOf = {
  type: "array",
  minItems: 1,
  maxItems: eventTypes.length,
  uniqueItems: true,
  items: { enum: [...eventTypes] },
};
const tenantsOf = {
  type: "array",
  minItems: 1,
  maxItems: limits.webhookTenantsMax,
  uniqueItems: true,
  items: { type: "string", pattern: uuidPattern },
};
const allTypes = "The types of events that it gets; absent, all.";
const allTenants = "The tenants whose events it gets; absent, all, and the platform's own events.";
const orNull = (schema: { type: string }) => ({ ...schema, type: [schema.type, "null"] });

const params = input({ webhookId: webhookIdInput });
const deliveryParams = input({ webhookId: webhookIdInput, deliveryId: deliveryIdInput });
const oneWebhook = { 200: { description: "The webhook.", schema: webhookSchema } };
const oneDelivery = { 200: { description: "The delivery.", schema: deliveryDetailSchema } };
const timeInput = (description: string) =>
  Type.String({ format: "date-time", maxLength: 40, description });

/** The routes of webhooks. */
export const webhookRoutes = {
  create: {
    method: "POST",
    path: "/v1/webhooks",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Create a webhook",
    description:
      "It gets the events from then on. The answer has its secret, once; therefore it honours no `Idempotency-Key`, and the name keeps a repeat from making a second one.",
    body: input(
      {
        name: webhookNameInput,
        url: webhookUrlInput,
        eventTypes: Type.Optional(Type.Unsafe<EventType[]>({ ...typesOf, description: allTypes })),
        tenantIds: Type.Optional(
          ruled<TenantId[]>("ids", { ...tenantsOf, description: allTenants }),
        ),
      },
      { title: "NewWebhook" },
    ),
    responses: {
      201: { description: "The webhook, with its secret.", schema: webhookWithSecretSchema },
    },
    errors: ["webhook_name_taken", "webhook_limit_reached"],
    etag: true,
  },
  list: {
    method: "GET",
    path: "/v1/webhooks",
    scope: "platform",
    permission: "webhooks:read",
    summary: "List webhooks",
    description: "The newest first.",
    query: input({
      ...pageQuery,
      name: Type.Optional(
        ruled<string>("search", {
          type: "string",
          maxLength: limits.nameCharsMax,
          description: "Exactly this name.",
        }),
      ),
      status: Type.Optional(Type.Array(Type.Enum([...webhookStatuses]), { minItems: 1 })),
    }),
    responses: {
      200: { description: "A page of webhooks.", schema: pageOf("WebhookPage", webhookSchema) },
    },
    errors: ["cursor_invalid"],
  },
  get: {
    method: "GET",
    path: "/v1/webhooks/{webhookId}",
    scope: "platform",
    permission: "webhooks:read",
    summary: "Get a webhook",
    params,
    responses: oneWebhook,
    errors: ["webhook_not_found"],
    etag: true,
  },
  update: {
    method: "PATCH",
    path: "/v1/webhooks/{webhookId}",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Update a webhook",
    description:
      "A JSON merge patch (RFC 7396): what is absent stays, null takes a filter away. Setting the status to `active` goes on with what waits for it.",
    params,
    body: input(
      {
        name: Type.Optional(webhookNameInput),
        url: Type.Optional(webhookUrlInput),
        eventTypes: Type.Optional(
          Type.Unsafe<EventType[] | null>({ ...orNull(typesOf), description: allTypes }),
        ),
        tenantIds: Type.Optional(
          ruled<TenantId[] | null>("ids", { ...orNull(tenantsOf), description: allTenants }),
        ),
        status: Type.Optional(Type.Enum([...webhookStatuses])),
      },
      { title: "WebhookPatch" },
    ),
    responses: oneWebhook,
    errors: ["webhook_not_found", "webhook_name_taken"],
    idempotent: true,
    etag: true,
    ifMatch: "required",
  },
  delete: {
    method: "DELETE",
    path: "/v1/webhooks/{webhookId}",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Delete a webhook",
    description: "With everything that waits for it and with its log.",
    params,
    responses: { 200: { description: "The webhook, as it was.", schema: webhookSchema } },
    errors: ["webhook_not_found"],
    idempotent: true,
    ifMatch: "optional",
  },
  rotateSecret: {
    method: "POST",
    path: "/v1/webhooks/{webhookId}/rotate-secret",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Give a webhook a new secret",
    description:
      "For `overlapHours` its events carry the signatures of both secrets; 0 ends the former at once. A third one ends with this. The answer has the new secret, once; `If-Match` keeps a repeat from rotating twice.",
    params,
    body: input(
      {
        overlapHours: defaulted(
          Type.Integer({
            minimum: 0,
            maximum: limits.secretOverlapHoursMax,
            description: "How long the former secret signs too.",
          }),
          limits.secretOverlapHoursDefault,
        ),
      },
      { title: "SecretRotation" },
    ),
    responses: {
      200: { description: "The webhook, with its new secret.", schema: webhookWithSecretSchema },
    },
    errors: ["webhook_not_found"],
    etag: true,
    ifMatch: "optional",
  },
  test: {
    method: "POST",
    path: "/v1/webhooks/{webhookId}/test",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Send a test event",
    description:
      "Sends a `hestia.webhook.test` event to this webhook now, disabled or not, and answers with what came of it. It is tried once, beside the order of the other events, and stays in the log.",
    params,
    responses: oneDelivery,
    errors: ["webhook_not_found"],
  },
  deliveries: {
    method: "GET",
    path: "/v1/webhooks/{webhookId}/deliveries",
    scope: "platform",
    permission: "webhooks:read",
    summary: "List a webhook's deliveries",
    description: `The newest event first. They are kept for ${limits.deliveryDaysKept} days.`,
    params,
    query: input({
      ...pageQuery,
      status: Type.Optional(Type.Array(Type.Enum([...deliveryStatuses]), { minItems: 1 })),
      type: Type.Optional(Type.Array(Type.Enum([...eventTypes]), { minItems: 1 })),
      tenantId: Type.Optional(tenantIdInput),
    }),
    responses: {
      200: { description: "A page of deliveries.", schema: pageOf("DeliveryPage", deliverySchema) },
    },
    errors: ["webhook_not_found", "cursor_invalid"],
  },
  getDelivery: {
    method: "GET",
    path: "/v1/webhooks/{webhookId}/deliveries/{deliveryId}",
    scope: "platform",
    permission: "webhooks:read",
    summary: "Get a delivery with its attempts",
    params: deliveryParams,
    responses: oneDelivery,
    errors: ["webhook_not_found", "delivery_not_found"],
  },
  replayDelivery: {
    method: "POST",
    path: "/v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Send an event again",
    description: "Whatever became of it: it is queued as if it had never been tried.",
    params: deliveryParams,
    responses: { 200: { description: "The delivery, queued.", schema: deliveryDetailSchema } },
    errors: ["webhook_not_found", "delivery_not_found", "webhook_disabled"],
    idempotent: true,
  },
  replay: {
    method: "POST",
    path: "/v1/webhooks/{webhookId}/replay",
    scope: "platform",
    permission: "webhooks:write",
    summary: "Send many events again",
    description: `Queues the deliveries of events from one time on and before another, the oldest first, ${limits.replayDeliveriesMax} at most; \`more\` says that there are others.`,
    params,
    body: input(
      {
        from: timeInput("The time of the first event, UTC, ISO 8601."),
        to: timeInput("The time before which the last event was, UTC, ISO 8601."),
        status: defaulted(
          Type.Array(Type.Enum([...deliveryStatuses]), { minItems: 1, uniqueItems: true }),
          ["abandoned"],
        ),
      },
      { title: "Replay" },
    ),
    responses: {
      200: {
        description: "How many were queued.",
        schema: Type.Object(
          {
            count: Type.Integer(),
            more: Type.Boolean({ description: "Whether the limit left some out; ask again." }),
          },
          { title: "Replayed" },
        ),
      },
    },
    errors: ["webhook_not_found", "webhook_disabled"],
    idempotent: true,
  },
} as const satisfies Routes;
