// The routes of webhooks: where events are sent, how it went, and sending them again. A secret is in one answer, once.
import {
  deliveryStatuses,
  type EventType,
  eventTypes,
  limits,
  type TenantId,
  uuidPattern,
  webhookStatuses,
} from "@hestia/core";
import { Type } from "typebox";
import { pageOf, pageQuery } from "./page.ts";
import { defaulted, type Routes } from "./route.ts";
import {
  deliveryIdInput,
  input,
  ruled,
  tenantIdInput,
  webhookIdInput,
  webhookNameInput,
  webhookUrlInput,
} from "./schemas.ts";
import {
  deliveryDetailSchema,
  deliverySchema,
  webhookSchema,
  webhookWithSecretSchema,
} from "./webhook-views.ts";

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
