// The colours of statuses, the same wherever one is shown.
import type { DeliveryStatus, OperationStatus, TenantStatus, WebhookStatus } from "@hestia/core";
import type { Colours } from "./output.ts";

type Status = TenantStatus | OperationStatus | WebhookStatus | DeliveryStatus;

type Colour = "green" | "yellow" | "red" | "cyan" | "dim";

const colourOf = {
  active: "green",
  succeeded: "green",
  delivered: "green",
  provisioning: "cyan",
  pending: "cyan",
  running: "cyan",
  queued: "cyan",
  readonly: "yellow",
  deleting: "yellow",
  cancelled: "yellow",
  suspended: "red",
  failed: "red",
  abandoned: "red",
  disabled: "red",
  archived: "dim",
  purged: "dim",
} as const satisfies Record<Status, Colour>;

/** The status in its colour. */
export function statusText(status: Status, colours: Colours): string {
  return colours[colourOf[status]](status);
}
