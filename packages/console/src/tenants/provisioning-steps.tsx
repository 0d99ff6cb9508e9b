// The steps of an operation with what each took; the running one counts.
import type { OperationView } from "@hestia/api";
import { Box, Group, Loader, Stack, Text, ThemeIcon } from "@mantine/core";
import {
  IconArrowBackUp,
  IconCheck,
  IconCircleDashed,
  IconMinus,
  IconX,
} from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { formatDuration } from "../shared/format.ts";
import { texts } from "../texts/index.ts";

type Step = OperationView["steps"][number];

const words = texts.newTenant.watching;

const signs = {
  pending: { color: "gray", icon: <IconCircleDashed size={14} /> },
  running: { color: "blue", icon: <Loader size={12} color="blue" /> },
  succeeded: { color: "teal", icon: <IconCheck size={14} /> },
  failed: { color: "red", icon: <IconX size={14} /> },
  skipped: { color: "gray", icon: <IconMinus size={14} /> },
  undone: { color: "yellow", icon: <IconArrowBackUp size={14} /> },
} as const;

export function ProvisioningSteps({ operation }: { operation: OperationView }): ReactNode {
  const now = useNow(operation.steps.some(({ status }) => status === "running"));
  return (
    <Stack
      component="ul"
      gap="sm"
      m={0}
      p={0}
      aria-label={words.steps}
      style={{ listStyle: "none" }}
    >
      {operation.steps.map((step) => (
        <Group component="li" key={step.name} wrap="nowrap" align="flex-start" gap="sm">
          <Sign status={step.status} />
          <Box flex={1}>
            <Group justify="space-between" gap="sm" wrap="nowrap" align="baseline">
              <Text size="sm" c={step.status === "pending" ? "dimmed" : undefined}>
                {words.names[step.name] ?? step.name}{" "}
                <Text span size="xs" c="dimmed">
                  {words.status[step.status]}
                </Text>
              </Text>
              <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: "nowrap" }}>
                {durationOf(step, now)}
              </Text>
            </Group>
            {step.detail && (
              <Text size="xs" c="dimmed">
                {step.detail}
              </Text>
            )}
          </Box>
        </Group>
      ))}
    </Stack>
  );
}

function Sign({ status }: Pick<Step, "status">): ReactNode {
  const { color, icon } = signs[status];
  return (
    <ThemeIcon color={color} variant="light" size={22} radius="xl" aria-hidden>
      {icon}
    </ThemeIcon>
  );
}

function durationOf({ startedAt, finishedAt, status }: Step, now: number): string {
  if (startedAt === undefined || (finishedAt === undefined && status !== "running")) return "";
  const end = finishedAt === undefined ? now : new Date(finishedAt).getTime();
  return formatDuration(Math.max(end - new Date(startedAt).getTime(), 0));
}

/** The time, as long as something runs. */
function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
