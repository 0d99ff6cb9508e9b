// What stands in the addresses of this room.
import {
  type DeliveryStatus,
  deliveryStatuses,
  type EventType,
  eventTypes,
  isUuid,
  type WebhookStatus,
  webhookStatuses,
} from "@hestia/core";
import { oneOf, present, someOf, textOf } from "../shared/search.ts";

/** Of the list. */
export type WebhooksSearch = { readonly do?: "new"; readonly status?: WebhookStatus };

/** Reads the address of the list. */
export const parseWebhooksSearch = (search: Record<string, unknown>): WebhooksSearch =>
  present({ do: oneOf(search.do, ["new"]), status: oneOf(search.status, webhookStatuses) });

const dialogs = ["edit", "rotate", "replay", "delete"] as const;

/** A dialog about one webhook. */
export type WebhookDialog = (typeof dialogs)[number];

/** Of one webhook: its dialog, what its deliveries are narrowed to, and the one that is open. */
export type WebhookSearch = {
  readonly do?: WebhookDialog;
  readonly delivery?: string;
  readonly status?: readonly DeliveryStatus[];
  readonly type?: EventType;
  readonly tenant?: string;
};

/** Reads the address of one webhook. */
export function parseWebhookSearch(search: Record<string, unknown>): WebhookSearch {
  const [delivery, tenant] = [textOf(search.delivery), textOf(search.tenant)];
  return present({
    do: oneOf(search.do, dialogs),
    delivery: delivery !== undefined && isUuid(delivery) ? delivery : undefined,
    status: someOf(search.status, deliveryStatuses),
    type: oneOf(search.type, eventTypes),
    tenant: tenant !== undefined && isUuid(tenant) ? tenant : undefined,
  });
}
