// The latest isolation check; where there is none, what it would do, and the command that makes one.
import type { IsolationCheckView } from "@hestia/api";
import { Group, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { sentenceOf } from "../isolation/latest.tsx";
import { StatusMark } from "../isolation/status-mark.tsx";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { Problem } from "../shared/problem.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { useLatestCheck } from "./queries.ts";

/** The command that checks isolation. */
export const isolationCommand = "npx --no hestia isolation check";

const words = texts.fleet.isolation;

export function IsolationCard(): ReactNode {
  const found = useLatestCheck();
  const latest = found.data?.items[0];
  return (
    <Card
      title={words.title}
      actions={
        <ToAnchor to="/isolation" size="sm">
          {words.all}
        </ToAnchor>
      }
    >
      {found.isPending && <Skeleton h={48} />}
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {latest && <Latest check={latest} />}
      {found.data && latest === undefined && <None />}
    </Card>
  );
}

function Latest({ check }: { check: IsolationCheckView }): ReactNode {
  return (
    <Group justify="space-between" gap="xs">
      <Stack gap={2}>
        <ToAnchor to="/isolation/$checkId" params={{ checkId: check.id }} size="sm">
          {sentenceOf(check)}
        </ToAnchor>
        <Text size="xs" c="dimmed">
          <Ago iso={check.finishedAt ?? check.createdAt} />
        </Text>
      </Stack>
      <StatusMark status={check.status} />
    </Group>
  );
}

function None(): ReactNode {
  return (
    <Stack gap="xs">
      <Text fw={600} size="sm">
        {words.none}
      </Text>
      <Text size="sm" c="dimmed">
        {words.lead}
      </Text>
      <Command value={isolationCommand} label={texts.app.commandAlone} />
    </Stack>
  );
}
