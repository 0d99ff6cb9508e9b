// Webhooks and their deliveries as people read them.
import { type DeliveryDetailView, type DeliveryView, etagOf, type WebhookView } from "@hestia/api";
import type { Output } from "./output.ts";
import { statusText } from "./statuses.ts";
import { renderPairs, renderTable } from "./table.ts";
import { duration, fullTime, relativeTime } from "./times.ts";

/** Webhooks, one a line. */
export function webhookTable(
  webhooks: readonly WebhookView[],
  output: Output,
  now: number,
): string {
  const columns = [
    { title: "NAME" },
    { title: "URL", gives: true as const },
    { title: "STATUS" },
    { title: "EVENTS" },
    { title: "TENANTS" },
    { title: "CREATED" },
  ];
  const rows = webhooks.map((webhook) => [
    webhook.name,
    webhook.url,
    statusText(webhook.status, output.colours),
    countText(webhook.eventTypes),
    countText(webhook.tenantIds),
    relativeTime(webhook.createdAt, now),
  ]);
  return renderTable(columns, rows, output);
}

const countText = (list: readonly unknown[] | undefined) =>
  list === undefined ? "all" : String(list.length);

/** Everything about one webhook. */
export function webhookText(webhook: WebhookView, output: Output, now: number): string {
  const { eventTypes, tenantIds, failingSince, previousSecretUntil: until } = webhook;
  const reason = webhook.statusReason === undefined ? "" : `: ${webhook.statusReason}`;
  const isOver = until === undefined || Date.parse(until) <= now;
  return renderPairs(
    [
      ["name", output.colours.bold(webhook.name)],
      ["url", webhook.url],
      ["status", `${statusText(webhook.status, output.colours)}${reason}`],
      ["events", eventTypes?.join("\n") ?? "all"],
      ["tenants", tenantIds?.join("\n") ?? "all"],
      ["failing", failingSince && `since ${fullTime(failingSince, now)}`],
      ["secrets", isOver ? undefined : `two, the former one until ${until}`],
      ["created", fullTime(webhook.createdAt, now)],
      ["updated", fullTime(webhook.updatedAt, now)],
      ["version", `${webhook.version}, ETag ${etagOf(webhook)}`],
      ["id", webhook.id],
    ],
    output,
  );
}

/** Deliveries, one a line. */
export function deliveryTable(
  deliveries: readonly DeliveryView[],
  output: Output,
  now: number,
): string {
  const columns = [
    { title: "ID" },
    { title: "EVENT" },
    { title: "STATUS" },
    { title: "TRIES", align: "right" as const },
    { title: "AT" },
    { title: "ERROR", gives: true as const },
  ];
  const rows = deliveries.map((delivery) => [
    delivery.id,
    delivery.type,
    statusText(delivery.status, output.colours),
    String(delivery.tries),
    relativeTime(delivery.createdAt, now),
    delivery.lastError ?? "",
  ]);
  return renderTable(columns, rows, output);
}

/** Everything about one delivery. */
export function deliveryText(delivery: DeliveryDetailView, output: Output, now: number): string {
  const { nextAttemptAt, finishedAt, attempts } = delivery;
  return renderPairs(
    [
      ["id", delivery.id],
      ["event", `${delivery.type} ${delivery.eventId}`],
      ["tenant", delivery.tenantId],
      ["status", statusText(delivery.status, output.colours)],
      ["attempts", attempts.length === 0 ? "none" : attempts.map(attemptText).join("\n")],
      ["next", nextAttemptAt],
      ["created", fullTime(delivery.createdAt, now)],
      ["finished", finishedAt && fullTime(finishedAt, now)],
    ],
    output,
  );
}

function attemptText(attempt: DeliveryDetailView["attempts"][number]): string {
  const { at, durationMs, statusCode, error, response } = attempt;
  const outcome = error ?? `${statusCode}`;
  const line = `${at} ${duration(durationMs)}  ${outcome}`;
  return response === undefined ? line : `${line}\n  ${response.split("\n").join("\n  ")}`;
}
