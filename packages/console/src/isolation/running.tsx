// A check that runs: what it is at, how far it is, and how to end it. The copy is removed all the same.
import type { IsolationCheckView } from "@hestia/api";
import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";

const words = texts.isolation.running;

export function Running({ check: { operationId } }: { check: IsolationCheckView }): ReactNode {
  const operation = useQuery({
    queryKey: ["operations", "one", operationId],
    queryFn: ({ signal }) => client.operations.get({ operationId }, { signal }),
  });
  const cancelling = useMutation({ mutationFn: () => client.operations.cancel({ operationId }) });
  const step = operation.data?.steps.find(({ status }) => status === "running");
  const percent = Math.round((operation.data?.progress ?? 0) * 100);
  return (
    <Stack gap="sm">
      <Progress.Root size="lg">
        <Progress.Section value={percent} aria-label={words.progress} animated />
      </Progress.Root>
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed" flex={1} miw={160}>
          {step?.detail ?? words.waiting}
        </Text>
        <Button
          variant="default"
          size="xs"
          loading={cancelling.isPending || cancelling.isSuccess}
          onClick={() => cancelling.mutate()}
        >
          {words.cancel}
        </Button>
      </Group>
      {cancelling.error && <Problem error={cancelling.error} />}
    </Stack>
  );
}
