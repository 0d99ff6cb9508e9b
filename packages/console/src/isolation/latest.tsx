// The last check: what it came to, in one sentence and four numbers; while it runs, how far it is.
import type { IsolationCheckView } from "@hestia/api";
import { Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { counted } from "../shared/fill.ts";
import { ToButton } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { CheckStats } from "./check-stats.tsx";
import { Running } from "./running.tsx";
import { StatusMark } from "./status-mark.tsx";

const words = texts.isolation.latest;

export function Latest({ check }: { check: IsolationCheckView }): ReactNode {
  return (
    <Card
      title={sentenceOf(check)}
      lead={
        <>
          <Ago iso={check.finishedAt ?? check.createdAt} /> · {check.startedBy}
        </>
      }
      actions={<StatusMark status={check.status} />}
    >
      {check.status === "running" ? (
        <Running check={check} />
      ) : (
        <Stack gap="md">
          {check.problem !== undefined && <Text size="sm">{check.problem}</Text>}
          <CheckStats check={check} />
          <Group>
            <ToButton
              to="/isolation/$checkId"
              params={{ checkId: check.id }}
              variant="light"
              size="xs"
            >
              {words.open}
            </ToButton>
          </Group>
        </Stack>
      )}
    </Card>
  );
}

/** What it came to, in one sentence. */
export function sentenceOf({ status, counts }: IsolationCheckView): string {
  if (status === "findings") return counted(words.findings, counts?.findings ?? 0);
  return words[status as "running" | "proven" | "failed" | "cancelled"];
}
