// The steps of an operation in their order, with what each is at and how long it took, and how much is done of all.
import type { OperationView } from "@hestia/api";
import { Group, Progress, Stack, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import {
  IconArrowBackUp,
  IconCheck,
  IconCircleDashed,
  IconMinus,
  IconPlayerPlay,
  IconX,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { formatAgo, formatDuration } from "../shared/format.ts";
import { useNow } from "../shared/use-now.ts";
import { texts } from "../texts/index.ts";
import classes from "./steps.module.css";

type Step = OperationView["steps"][number];

const looks = {
  pending: { icon: IconCircleDashed, colour: "gray" },
  running: { icon: IconPlayerPlay, colour: "blue" },
  succeeded: { icon: IconCheck, colour: "teal" },
  failed: { icon: IconX, colour: "red" },
  skipped: { icon: IconMinus, colour: "gray" },
  undone: { icon: IconArrowBackUp, colour: "yellow" },
} as const;

export function Steps({
  operation,
  isLive,
}: {
  operation: OperationView;
  isLive: boolean;
}): ReactNode {
  const words = texts.operations;
  const { steps, status, progress } = operation;
  const isUnderWay = status === "running" || status === "queued";
  const now = useNow(500, isUnderWay && isLive);
  const current = steps.find((step) => step.status === "running");
  return (
    <Stack gap="md">
      <Done operation={operation} now={now} />
      <ol className={classes.steps}>
        {steps.map((step) => (
          <StepLine key={step.name} step={step} now={now} />
        ))}
      </ol>
      <VisuallyHidden role="status">
        {current === undefined
          ? words.status[status]
          : fill(words.one.now, {
              step: current.name,
              status: `${words.stepStatus[current.status]} ${Math.floor(progress * 100)} %`,
            })}
      </VisuallyHidden>
    </Stack>
  );
}

function Done({ operation, now }: { operation: OperationView; now: number }): ReactNode {
  const words = texts.operations.one;
  const { progress, status, estimatedFinishAt, finishedAt } = operation;
  const percent = Math.floor(progress * 100);
  const colour =
    { failed: "red", succeeded: "teal", cancelled: "gray" }[status as string] ?? "blue";
  const finish =
    estimatedFinishAt === undefined ? undefined : new Date(estimatedFinishAt).getTime();
  return (
    <Stack gap={4}>
      <Progress.Root size="md">
        <Progress.Section value={percent} color={colour} aria-label={words.progress} />
      </Progress.Root>
      <Group justify="space-between" gap="xs">
        <Text size="sm" className="numbers" fw={600}>
          {fill(words.progressOf, { percent })}
        </Text>
        {finishedAt === undefined && finish !== undefined && (
          <Text size="sm" c="dimmed" className="numbers">
            {finish > now
              ? fill(words.finish, { when: formatAgo(new Date(finish).toISOString(), now) })
              : words.overdue}
          </Text>
        )}
      </Group>
    </Stack>
  );
}

function StepLine({ step, now }: { step: Step; now: number }): ReactNode {
  const { icon: Icon, colour } = looks[step.status];
  return (
    <li
      className={classes.step}
      data-status={step.status}
      aria-current={step.status === "running" ? "step" : undefined}
    >
      <ThemeIcon size={22} radius="xl" variant="light" color={colour} aria-hidden>
        <Icon size={13} stroke={2.4} />
      </ThemeIcon>
      <div>
        <Text size="sm" fw={step.status === "pending" ? 400 : 600}>
          {step.name}{" "}
          <Text span size="xs" c="dimmed" fw={400}>
            {texts.operations.stepStatus[step.status]}
          </Text>
        </Text>
        {step.detail !== undefined && (
          <Text size="sm" c="dimmed">
            {step.detail}
          </Text>
        )}
      </div>
      <Text size="sm" c="dimmed" className="numbers">
        {durationOf(step, now)}
      </Text>
    </li>
  );
}

function durationOf({ startedAt, finishedAt }: Step, now: number): string {
  if (startedAt === undefined) return "";
  const end = finishedAt === undefined ? now : new Date(finishedAt).getTime();
  return formatDuration(Math.max(0, end - new Date(startedAt).getTime()));
}
