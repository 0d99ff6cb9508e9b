// How a webhook and a delivery are, in a word and a colour: never by the colour alone.
import type { WebhookView } from "@hestia/api";
import type { DeliveryStatus } from "@hestia/core";
import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

const words = texts.webhooks;

export function WebhookMark({ webhook }: { webhook: WebhookView }): ReactNode {
  const { status, failingSince } = webhook;
  const state = status === "active" && failingSince !== undefined ? "failing" : status;
  const colour = { active: "teal", failing: "red", disabled: "gray" }[state];
  return (
    <Badge color={colour} variant="light" tt="none" fw={600}>
      {words.status[state]}
    </Badge>
  );
}

const colours: Readonly<Record<DeliveryStatus, string>> = {
  pending: "blue",
  delivered: "teal",
  failed: "yellow",
  abandoned: "red",
};

export function DeliveryMark({ status }: { status: DeliveryStatus }): ReactNode {
  return (
    <Badge color={colours[status]} variant="light" tt="none" fw={600}>
      {words.deliveries.statuses[status]}
    </Badge>
  );
}
