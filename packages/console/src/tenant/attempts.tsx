// The attempts of one delivery: when, how long, and what the receiver said.
import type { DeliveryId, WebhookId } from "@hestia/core";
import { Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { fill } from "../shared/fill.ts";
import { formatDuration, formatTime } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import styles from "./tenant.module.css";

export function Attempts({
  webhookId,
  deliveryId,
}: {
  webhookId: WebhookId;
  deliveryId: DeliveryId;
}): ReactNode {
  const words = texts.tenant.webhooks;
  const { data, error, refetch } = useQuery({
    queryKey: ["webhooks", "delivery", deliveryId],
    queryFn: ({ signal }) => client.webhooks.getDelivery({ webhookId, deliveryId }, { signal }),
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton h={30} />;
  if (data.attempts.length === 0)
    return (
      <Text size="xs" c="dimmed">
        {words.noAttempts}
      </Text>
    );
  return (
    <ol className={styles.steps} aria-label={words.attempts}>
      {data.attempts.map(({ at, durationMs, statusCode, error: problem, response }) => (
        <Stack key={at} component="li" gap={0} display="block">
          <Text size="xs">
            {formatTime(at)} · {formatDuration(durationMs)} ·{" "}
            {statusCode === undefined
              ? words.noAnswer
              : fill(words.answered, { status: statusCode })}
          </Text>
          {problem !== undefined && <Text size="xs">{problem}</Text>}
          {response !== undefined && <pre className={styles.pre}>{response}</pre>}
        </Stack>
      ))}
    </ol>
  );
}
