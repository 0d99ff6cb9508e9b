// The codes of webhooks and their deliveries, a part of the one table.
import type { ErrorCodeEntry } from "./error-kinds.ts";

/** The codes of webhooks. */
export const webhookCodes = {
  webhook_not_found: {
    kind: "not_found",
    title: "No such webhook",
    message: () => "There is no such webhook; check its id.",
  },
  webhook_name_taken: {
    kind: "conflict",
    title: "The webhook's name is taken",
    message: ({ name }: { name?: string }) =>
      `${name === undefined ? "That name" : `The name "${name}"`} is another webhook's; choose another one.`,
    shown: ["name"],
  },
  webhook_limit_reached: {
    kind: "conflict",
    title: "There are too many webhooks",
    message: ({ webhooksMax }: { webhooksMax?: number }) =>
      `There are ${webhooksMax ?? "too many"} webhooks already; delete one before you make another.`,
    shown: ["webhooksMax"],
  },
  webhook_disabled: {
    kind: "conflict",
    title: "The webhook is disabled",
    message: () => "The webhook is disabled; set its status to active first.",
  },
  delivery_not_found: {
    kind: "not_found",
    title: "No such delivery",
    message: () =>
      "This webhook has no such delivery; check its id, and that it is not too old to be kept.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;
