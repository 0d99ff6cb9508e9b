// How far the fleet is: current, behind and failed targets, the spread over versions, what failed and why, and what was run.

import type { MigrationStateView } from "@hestia/api";
import { Group, Paper, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { Empty } from "../shared/empty.tsx";
import { formatNumber } from "../shared/format.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { ToButton } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { Failures } from "./failures.tsx";
import { Files } from "./files.tsx";
import { useMigrationState } from "./queries.ts";
import { RecentRuns } from "./recent-runs.tsx";
import { Spread } from "./spread.tsx";

export function Overview(): ReactNode {
  const words = texts.migrations;
  const found = useMigrationState();
  const state = found.data;
  return (
    <Page
      title={words.title}
      lead={<Text c="dimmed">{words.lead}</Text>}
      actions={
        state !== undefined &&
        state.files.length > 0 && (
          <>
            <ToButton to="/migrations" search={{ view: "drift" }} variant="default">
              {words.drift.action}
            </ToButton>
            <ToButton to="/migrations" search={{ view: "roll-out" }}>
              {words.rollOut.action}
            </ToButton>
          </>
        )
      }
    >
      {found.error && state === undefined && (
        <Problem error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isPending && (
        <Stack aria-busy role="status" aria-label={words.loading}>
          <Skeleton height={90} />
          <Skeleton height={200} />
        </Stack>
      )}
      {state?.files.length === 0 && (
        <Empty
          title={words.none}
          lead={words.noneLead}
          command="npx --no hestia migrate up --dir migrations"
        />
      )}
      {state && state.files.length > 0 && <Standing state={state} />}
    </Page>
  );
}

function Standing({ state }: { state: MigrationStateView }): ReactNode {
  const words = texts.migrations;
  return (
    <>
      <Targets targets={state.targets} />
      {state.failures.length > 0 && (
        <Card title={words.failures.title}>
          <Failures failures={state.failures} total={state.targets.failed} />
        </Card>
      )}
      <Card title={words.spread.title} lead={words.spread.lead}>
        <Spread state={state} />
      </Card>
      <RecentRuns />
      <Files files={state.files} />
      <Command value="npx --no hestia migrate status" />
    </>
  );
}

function Targets({ targets }: { targets: MigrationStateView["targets"] }): ReactNode {
  const words = texts.migrations.targets;
  const numbers = [
    { label: words.current, lead: words.currentLead, value: targets.current, colour: "teal" },
    { label: words.behind, lead: words.behindLead, value: targets.behind, colour: "yellow" },
    { label: words.failed, lead: words.failedLead, value: targets.failed, colour: "red" },
  ];
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} component="section" aria-label={words.title}>
      {numbers.map(({ label, lead, value, colour }) => (
        <Paper key={label} withBorder p="md" radius="md">
          <Group gap={6} wrap="nowrap">
            <span
              aria-hidden
              style={{
                inlineSize: 8,
                blockSize: 8,
                borderRadius: 4,
                background: `var(--mantine-color-${value > 0 ? colour : "gray"}-6)`,
              }}
            />
            <Text size="sm" fw={600}>
              {label}
            </Text>
          </Group>
          <Text className="numbers" fz={28} fw={650} lh={1.3}>
            {formatNumber(value)}
          </Text>
          <Text size="xs" c="dimmed">
            {lead}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
