// What can be done with a webhook. Pausing needs no question: enabling takes it back.
import { etagOf, type WebhookView } from "@hestia/api";
import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconDots,
  IconPencil,
  IconPlayerTrackNext,
  IconRotate,
  IconTrash,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { fill } from "../shared/fill.ts";
import { texts } from "../texts/index.ts";
import type { WebhookDialog } from "./search.ts";

const words = texts.webhooks.one;

const entries = [
  { dialog: "edit", label: words.edit, icon: IconPencil },
  { dialog: "rotate", label: words.rotate, icon: IconRotate },
  { dialog: "replay", label: words.replay, icon: IconPlayerTrackNext },
  { dialog: "delete", label: words.remove, icon: IconTrash },
] as const;

export function WebhookActions({
  webhook,
  onOpen,
  onTested,
}: {
  webhook: WebhookView;
  onOpen: (dialog: WebhookDialog) => void;
  onTested: (deliveryId: string) => void;
}): ReactNode {
  const { id: webhookId, name, status } = webhook;
  const isActive = status === "active";
  const refused = (error: Error) =>
    notifications.show({ color: "red", title: texts.app.problem.title, message: error.message });
  const testing = useMutation({
    mutationFn: () => client.webhooks.test({ webhookId }),
    onSuccess: async (delivery) => {
      const isTaken = delivery.status === "delivered";
      notifications.show({
        color: isTaken ? "teal" : "red",
        message: isTaken ? words.tested : words.testFailed,
      });
      onTested(delivery.id);
      await queries.invalidateQueries({ queryKey: ["webhooks", "deliveries"] });
    },
    onError: refused,
  });
  const turning = useMutation({
    mutationFn: () =>
      client.webhooks.update(
        { webhookId, status: isActive ? "disabled" : "active" },
        { ifMatch: etagOf(webhook) },
      ),
    onSuccess: async (turned) => {
      notifications.show({ message: fill(isActive ? words.paused : words.enabled, { name }) });
      queries.setQueryData(["webhooks", "one", webhookId], turned);
      await queries.invalidateQueries({ queryKey: ["webhooks"] });
    },
    onError: async (error) => {
      refused(error);
      await queries.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  return (
    <>
      <Button onClick={() => testing.mutate()} loading={testing.isPending}>
        {words.test}
      </Button>
      <Button variant="default" onClick={() => turning.mutate()} loading={turning.isPending}>
        {isActive ? words.pause : words.enable}
      </Button>
      <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={words.more}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {entries.map(({ dialog, label, icon: Icon }) => (
            <Menu.Item key={dialog} leftSection={<Icon size={16} />} onClick={() => onOpen(dialog)}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
