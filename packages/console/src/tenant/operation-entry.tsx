// One operation of the tenant's: its steps with how long each took, why it failed, and what to do about it.
import type { OperationView } from "@hestia/api";
import { Alert, Badge, Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { CopyText } from "../shared/copy-text.tsx";
import { fill } from "../shared/fill.ts";
import { formatDuration } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { Steps } from "./operation-steps.tsx";
import { useDialog } from "./room.ts";
import { useAct } from "./use-act.ts";
import { When } from "./when.tsx";

const words = texts.tenant.timeline;

const colours = {
  queued: "gray",
  running: "blue",
  succeeded: "teal",
  failed: "red",
  cancelled: "gray",
} as const;

export function OperationEntry({ operation }: { operation: OperationView }): ReactNode {
  const { id, kind, status, steps, error, stuckAt, createdAt, progress } = operation;
  const isOver = operation.finishedAt !== undefined;
  return (
    <Paper withBorder p="md" component="li">
      <Stack gap="xs">
        <Group justify="space-between" gap={4}>
          <Group gap="xs">
            <Text fw={600} size="sm">
              {words.kinds[kind] ?? kind}
            </Text>
            <Badge color={colours[status]} variant="light" tt="none">
              {words.statuses[status]}
            </Badge>
            <Text size="xs" c="dimmed" className="numbers">
              {tookOf(operation)}
            </Text>
          </Group>
          <Group gap="sm" fz="xs">
            <When iso={createdAt} />
            <Link to="/operations/$operationId" params={{ operationId: id }}>
              {words.open}
            </Link>
          </Group>
        </Group>
        {!isOver && (
          <Progress value={progress * 100} size="sm" aria-label={words.kinds[kind] ?? kind} />
        )}
        {stuckAt !== undefined && <Alert color="orange">{words.stuck}</Alert>}
        {error && (
          <Alert color="red" title={words.failed}>
            <Text size="sm">{error.message}</Text>
            <Text size="xs" mt={4}>
              <CopyText value={error.code} />
            </Text>
          </Alert>
        )}
        <Steps steps={steps} said={error?.message} isOpen={status === "failed" || !isOver} />
        <Deeds operation={operation} />
      </Stack>
    </Paper>
  );
}

function Deeds({ operation: { id, status, stuckAt } }: { operation: OperationView }): ReactNode {
  const open = useDialog();
  const retry = useAct(client.operations.retry, () =>
    notifications.show({ message: words.retried }),
  );
  const canRetry = status === "failed" || stuckAt !== undefined;
  const canCancel = status === "queued" || status === "running";
  if (!canRetry && !canCancel) return null;
  return (
    <Stack gap="xs">
      {retry.error && <Problem error={retry.error} />}
      <Group gap="xs">
        {canRetry && (
          <Button
            size="xs"
            loading={retry.isPending}
            onClick={() => retry.mutate({ operationId: id })}
          >
            {words.retry}
          </Button>
        )}
        {canCancel && (
          <Button size="xs" variant="default" onClick={() => open("cancel", id)}>
            {words.cancel}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function tookOf({ createdAt, finishedAt, status }: OperationView): string {
  if (status === "queued") return words.waits;
  const end = finishedAt === undefined ? Date.now() : Date.parse(finishedAt);
  const duration = formatDuration(Math.max(0, end - Date.parse(createdAt)));
  return fill(finishedAt === undefined ? words.since : words.took, { duration });
}
