// What came of each tenant, while it comes.
import { Button, Group, Loader, Progress, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconClock, IconX } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { formatNumber } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import type { BulkItem, BulkOutcome, useBulkRun } from "./bulk-run.ts";
import type { BulkAction } from "./list-search.ts";
import { StatusBadge } from "./status-badge.tsx";

type BulkResultsProps = {
  readonly action: BulkAction;
  readonly items: readonly BulkItem[];
  readonly isRunning: boolean;
  start: ReturnType<typeof useBulkRun>["start"];
  onRetry(): void;
  onClose(): void;
};

const words = texts.tenants.bulk;

export function BulkResults(props: BulkResultsProps): ReactNode {
  const { items, isRunning, onRetry, onClose } = props;
  const [done, failed] = [count(items, ["done", "late"]), count(items, ["failed", "changed"])];
  const share = ((done + failed) / items.length) * 100;
  return (
    <Stack>
      <Progress
        value={share}
        color={failed > 0 ? "yellow" : "teal"}
        aria-label={words.progress(formatNumber(done), formatNumber(items.length))}
      />
      <Text size="sm" role="status" className="numbers">
        {isRunning
          ? words.progress(formatNumber(done), formatNumber(items.length))
          : words.finished(formatNumber(done), formatNumber(failed))}
      </Text>
      <Stack gap={6} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
        {items.map((item) => (
          <Result key={item.tenant.id} {...item} />
        ))}
      </Stack>
      <Group justify="flex-end" gap="xs">
        {!isRunning && count(items, ["failed"]) > 0 && (
          <Button variant="light" onClick={onRetry}>
            {words.retry}
          </Button>
        )}
        <Undo {...props} />
        <Button variant="default" onClick={onClose} disabled={isRunning} data-autofocus>
          {words.close}
        </Button>
      </Group>
    </Stack>
  );
}

/** What was active can be so again; what was read-only cannot be brought back to that in one step. */
function Undo({ action, items, isRunning, start }: BulkResultsProps): ReactNode {
  const [isUndone, setUndone] = useState(false);
  const back = items.filter(({ before, outcome }) => before === "active" && isThrough(outcome));
  if (isUndone) return <Text size="sm">{words.undone}</Text>;
  if (action !== "suspend" || isRunning || back.length === 0) return null;
  const undo = async () => {
    await start(
      { action: "resume" },
      back.map(({ tenant }) => tenant),
    );
    setUndone(true);
  };
  return (
    <Button variant="subtle" onClick={() => void undo()}>
      {words.undo}
    </Button>
  );
}

const icons = {
  waiting: <IconClock size={16} aria-hidden />,
  running: <Loader size={14} aria-hidden />,
  done: <IconCheck size={16} color="var(--mantine-color-teal-7)" aria-hidden />,
  late: <IconClock size={16} color="var(--mantine-color-teal-7)" aria-hidden />,
  changed: <IconAlertTriangle size={16} color="var(--mantine-color-yellow-7)" aria-hidden />,
  failed: <IconX size={16} color="var(--mantine-color-red-7)" aria-hidden />,
} as const;

function Result({ tenant: { name, status }, outcome }: BulkItem): ReactNode {
  return (
    <li>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" lineClamp={2}>
          {name}
        </Text>
        <Group gap={6} wrap="nowrap">
          <StatusBadge status={status} />
          {icons[outcome.state]}
          {outcome.state !== "failed" && <Text size="xs">{words.outcome[outcome.state]}</Text>}
        </Group>
      </Group>
      {outcome.state === "failed" && <Problem error={outcome.error} />}
    </li>
  );
}

function count(items: readonly BulkItem[], states: readonly BulkOutcome["state"][]): number {
  return items.filter(({ outcome }) => states.includes(outcome.state)).length;
}

function isThrough({ state }: BulkOutcome): boolean {
  return state === "done" || state === "late";
}
