// The colours of statuses, the same wherever one is shown.
import type { OperationStatus, TenantStatus } from "@hestia/core";
import type { Colours } from "./output.ts";

type Colour = "green" | "yellow" | "red" | "cyan" | "dim";

const colourOf = {
  active: "green",
  succeeded: "green",
  provisioning: "cyan",
  pending: "cyan",
  running: "cyan",
  queued: "cyan",
  readonly: "yellow",
  deleting: "yellow",
  cancelled: "yellow",
  suspended: "red",
  failed: "red",
  archived: "dim",
  purged: "dim",
} as const satisfies Record<TenantStatus | OperationStatus, Colour>;

/** The status in its colour. */
export function statusText(status: TenantStatus | OperationStatus, colours: Colours): string {
  return colours[colourOf[status]](status);
}
