// One delivery: every attempt with its answer, which is what one comes for, then what is sent. What a receiver answered is shown
// as text alone.
import type { DeliveryDetailView, WebhookView } from "@hestia/api";
import type { DeliveryId, DeliveryStatus } from "@hestia/core";
import { Alert, Badge, Button, Drawer, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Ago } from "../shared/ago.tsx";
import { CodeBlock } from "../shared/code-block.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Facts } from "../shared/facts.tsx";
import { fill } from "../shared/fill.ts";
import { formatDuration, formatTime } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { texts } from "../texts/index.ts";
import { DeliveryMark } from "./marks.tsx";
import { useDelivery } from "./webhooks.ts";

const words = texts.webhooks.delivery;

export function DeliveryDrawer({
  webhook,
  deliveryId,
  onClose,
}: {
  webhook: WebhookView;
  deliveryId: string | undefined;
  onClose: () => void;
}): ReactNode {
  return (
    <Drawer
      opened={deliveryId !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={texts.webhooks.deliveries.title}
      closeButtonProps={{ "aria-label": texts.app.dialog.close }}
      transitionProps={{ duration: 0 }}
    >
      {deliveryId !== undefined && <Delivery webhook={webhook} deliveryId={deliveryId} />}
    </Drawer>
  );
}

function Delivery({
  webhook,
  deliveryId,
}: {
  webhook: WebhookView;
  deliveryId: string;
}): ReactNode {
  const found = useDelivery(webhook.id, deliveryId);
  const replaying = useMutation({
    mutationFn: () =>
      client.webhooks.replayDelivery({
        webhookId: webhook.id,
        deliveryId: deliveryId as DeliveryId,
      }),
    onSuccess: async () => {
      notifications.show({ message: words.replayed });
      await queries.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  if (found.error) return <Problem error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <RowsSkeleton />;
  const delivery = found.data;
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h4">
          {fill(words.title, { type: delivery.type })}
        </Title>
        <Button variant="default" loading={replaying.isPending} onClick={() => replaying.mutate()}>
          {words.replay}
        </Button>
      </Group>
      {replaying.error && <Problem error={replaying.error} />}
      <DeliveryFacts delivery={delivery} />
      <Title order={3} size="h5">
        {words.attempts}
      </Title>
      {delivery.attempts.length === 0 && <Text size="sm">{words.noAttempts}</Text>}
      {delivery.attempts
        .map((attempt, index) => <Attempt key={attempt.at} attempt={attempt} number={index + 1} />)
        .reverse()}
      <Title order={3} size="h5">
        {words.request}
      </Title>
      <Text size="sm">{fill(words.requestLead, { url: webhook.url })}</Text>
      {delivery.body !== undefined && (
        <CodeBlock text={readable(delivery.body)} label={words.body} />
      )}
    </Stack>
  );
}

function DeliveryFacts({ delivery }: { delivery: DeliveryDetailView }): ReactNode {
  const { status, nextAttemptAt, finishedAt } = delivery;
  return (
    <Facts
      facts={[
        [words.status, <DeliveryMark key="status" status={status as DeliveryStatus} />],
        [words.tries, String(delivery.tries)],
        [words.next, nextAttemptAt && <Ago key="next" iso={nextAttemptAt} />],
        [words.made, formatTime(delivery.createdAt)],
        [words.over, finishedAt && formatTime(finishedAt)],
        [words.event, <CopyText key="event" value={delivery.eventId} />],
        [words.tenant, delivery.tenantId && <CopyText key="tenant" value={delivery.tenantId} />],
        [words.id, <CopyText key="id" value={delivery.id} />],
      ]}
    />
  );
}

function Attempt({
  attempt: { at, durationMs, statusCode, error, response },
  number,
}: {
  attempt: DeliveryDetailView["attempts"][number];
  number: number;
}): ReactNode {
  return (
    <Paper withBorder p="sm" component="article">
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Text size="sm" fw={600}>
            {fill(words.attempt, { number, when: formatTime(at) })}
          </Text>
          <Group gap="xs">
            <Text size="xs" c="dimmed">
              {fill(words.took, { took: formatDuration(durationMs) })}
            </Text>
            <Badge variant="light" color={error === undefined ? "teal" : "red"} tt="none">
              {statusCode === undefined ? words.noAnswer : String(statusCode)}
            </Badge>
          </Group>
        </Group>
        {error !== undefined && <Alert color="red">{error}</Alert>}
        {response !== undefined && response !== "" && (
          <CodeBlock text={response} label={words.answer} />
        )}
        {statusCode !== undefined && (response === undefined || response === "") && (
          <Text size="xs" c="dimmed">
            {words.emptyAnswer}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
