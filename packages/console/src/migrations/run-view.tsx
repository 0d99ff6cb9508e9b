// One roll-out, wave by wave, as it goes on; and what can be done with it: stopped, continued, gone on with after a failure.
import type { MigrationRunView } from "@hestia/api";
import { Alert, Group, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Lost } from "../operations/lost.tsx";
import { operationIdOf } from "../operations/search.ts";
import { StatusMark } from "../operations/status-mark.tsx";
import { Steps } from "../operations/steps.tsx";
import { useOperation } from "../operations/use-operation.ts";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { fill } from "../shared/fill.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { Failures, waveText } from "./failures.tsx";
import { useHeldRun, useRun } from "./queries.ts";
import { RunActions } from "./run-actions.tsx";
import { Waves } from "./waves.tsx";

export function RunView({ id }: { id: string }): ReactNode {
  const words = texts.migrations.run;
  const { found, liveness } = useOperation(operationIdOf(id));
  const run = useRun(operationIdOf(id), found.data);
  const isHeld = useHeldRun()?.id === id;
  const operation = found.data;
  const problem = (operation === undefined && found.error) || (!run.data && run.error);
  return (
    <Page
      title={words.title}
      lead={operation && <Facts operation={operation} />}
      actions={operation && <RunActions operation={operation} isHeld={isHeld} />}
    >
      <Text size="sm">
        <ToAnchor to="/migrations">{words.back}</ToAnchor>
      </Text>
      <Lost liveness={liveness} />
      {problem && <Problem error={problem} retry={() => void found.refetch()} />}
      {!problem && (operation === undefined || run.data === undefined) && (
        <Stack aria-busy role="status" aria-label={words.loading}>
          <Skeleton height={140} />
          <Skeleton height={240} />
        </Stack>
      )}
      {operation?.error && (
        <Alert color="red" title={texts.operations.one.failedTitle}>
          <Stack gap="xs">
            <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
              {operation.error.message}
            </Text>
            <Text size="sm">{words.retryLead}</Text>
          </Stack>
        </Alert>
      )}
      {isHeld && operation && (
        <Alert color="yellow">
          {fill(words.held, { wave: waveText(String(operation.result?.next)) })}
        </Alert>
      )}
      {operation && run.data && (
        <>
          <Card title={words.waves} lead={words.wavesLead}>
            <Waves run={run.data} />
          </Card>
          {run.data.failures.length > 0 && (
            <Card title={texts.migrations.failures.title}>
              <Failures
                failures={run.data.failures}
                total={run.data.failures.length}
                canRetry={operation.finishedAt !== undefined}
              />
            </Card>
          )}
          <Card title={words.operation}>
            <Steps operation={operation} isLive={liveness !== "lost"} />
            <Options options={run.data.options} />
          </Card>
          <Command value={`npx --no hestia operations watch ${id}`} label={words.watch} />
        </>
      )}
    </Page>
  );
}

function Facts({ operation }: { operation: MigrationRunView["operation"] }): ReactNode {
  const [before, after] = texts.operations.one.began.split("{when}");
  return (
    <Group gap="md" c="dimmed" fz="sm">
      <StatusMark operation={operation} />
      <span>
        {before}
        <Ago iso={operation.createdAt} />
        {after}
      </span>
      <CopyText value={operation.id} />
    </Group>
  );
}

function Options({ options }: { options: MigrationRunView["options"] }): ReactNode {
  const words = texts.migrations.run;
  const { canary, waves, pauseSeconds, hold, stopOnError, errorRateMax } = options;
  const said = [
    canary.length > 0 ? fill(words.canaries, { value: canary.length }) : words.noCanaries,
    waves.length > 0 ? fill(words.shares, { value: waves.join(", ") }) : words.oneShare,
    pauseSeconds > 0 ? fill(words.pause, { value: pauseSeconds }) : words.noPause,
    hold ? words.hold : words.noHold,
    stopOnError ? words.stop : fill(words.rate, { value: errorRateMax * 100 }),
  ];
  return (
    <Text size="sm" c="dimmed">
      {said.join(" · ")}
    </Text>
  );
}
