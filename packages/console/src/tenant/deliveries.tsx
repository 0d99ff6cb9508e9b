// The deliveries of one webhook about one tenant, each with what became of it.
import type { DeliveryView, WebhookView } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Card } from "../shared/card.tsx";
import { fill } from "../shared/fill.ts";
import { formatAgo, formatTime } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { Attempts } from "./attempts.tsx";
import { useOpen, useRoomSearch } from "./room.ts";
import styles from "./tenant.module.css";
import { useAct } from "./use-act.ts";

const words = texts.tenant.webhooks;

/** Deliveries change without an event of their own: while one is under way it is looked for. */
const watchMs = 2_000;

export function Deliveries({
  webhook,
  tenantId,
}: {
  webhook: WebhookView;
  tenantId: TenantId;
}): ReactNode {
  const { id: webhookId, name, url, status } = webhook;
  const found = useInfiniteQuery({
    queryKey: ["webhooks", "deliveries", webhookId, tenantId],
    queryFn: ({ pageParam: cursor, signal }) =>
      client.webhooks.deliveries(
        { webhookId, tenantId, limit: 20, ...(cursor === undefined ? {} : { cursor }) },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(isUnderWay)) ? watchMs : false,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card
      title={name}
      actions={
        status === "active" ? null : (
          <Badge color="orange" variant="light" tt="none">
            {words.disabled}
          </Badge>
        )
      }
    >
      <Text size="xs" c="dimmed" className="mono">
        {url}
      </Text>
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton h={60} />}
      {found.data && items.length === 0 && (
        <Text size="sm" c="dimmed">
          {words.noDeliveries}
        </Text>
      )}
      {items.length > 0 && (
        <ul className={styles.story} aria-label={name}>
          {items.map((delivery) => (
            <Delivery key={delivery.id} delivery={delivery} webhook={webhook} />
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Group justify="center">
          <Button
            size="xs"
            variant="default"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {words.more}
          </Button>
        </Group>
      )}
    </Card>
  );
}

const isUnderWay = ({ status }: DeliveryView): boolean =>
  status === "pending" || status === "failed";

const colours: Readonly<Record<string, string>> = {
  pending: "blue",
  failed: "orange",
  delivered: "teal",
  abandoned: "red",
};

function Delivery({
  delivery,
  webhook,
}: {
  delivery: DeliveryView;
  webhook: WebhookView;
}): ReactNode {
  const { id, webhookId, type, status, createdAt, nextAttemptAt, lastError } = delivery;
  const open = useOpen();
  const isOpen = useRoomSearch().delivery === id;
  const replay = useAct(client.webhooks.replayDelivery, () =>
    notifications.show({ message: words.replayed }),
  );
  const isDisabled = webhook.status !== "active";
  return (
    <li>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Stack gap={2} miw={0} flex={1}>
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {type}
            </Text>
            <Badge color={colours[status] ?? "gray"} variant="light" tt="none">
              {words.statuses[status] ?? status}
            </Badge>
            <Text size="xs" c="dimmed">
              {formatTime(createdAt)} ({formatAgo(createdAt)})
            </Text>
          </Group>
          {lastError !== undefined && <Text size="xs">{lastError}</Text>}
          {status === "failed" && nextAttemptAt !== undefined && (
            <Text size="xs" c="dimmed">
              {fill(words.next, { when: formatAgo(nextAttemptAt) })}
            </Text>
          )}
        </Stack>
        <Group gap="xs">
          <Button
            size="xs"
            variant="subtle"
            aria-expanded={isOpen}
            aria-label={fill(words.attemptsNamed, { type })}
            onClick={() => open({ delivery: isOpen ? undefined : id }, { replace: true })}
          >
            {words.attempts}
          </Button>
          <Button
            size="xs"
            variant="default"
            loading={replay.isPending}
            disabled={isDisabled}
            title={isDisabled ? words.cannotReplay : undefined}
            aria-label={fill(words.replayNamed, { type })}
            onClick={() => replay.mutate({ webhookId, deliveryId: id })}
          >
            {words.replay}
          </Button>
        </Group>
      </Group>
      {replay.error && <Problem error={replay.error} />}
      {isOpen && <Attempts webhookId={webhookId} deliveryId={id} />}
    </li>
  );
}
