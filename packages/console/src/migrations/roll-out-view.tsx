// A roll-out being prepared: its options, which are part of the address, the dry run first, and then the roll-out itself.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { operationIdOf } from "../operations/search.ts";
import { useOperation } from "../operations/use-operation.ts";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { bodyOf, commandOf, parseWaves } from "./roll-out-body.ts";
import { RollOutFields } from "./roll-out-fields.tsx";
import { TrialView } from "./trial-view.tsx";
import { useBegin } from "./use-begin.ts";

const route = getRouteApi("/inside/migrations");

export function RollOutView(): ReactNode {
  const words = texts.migrations.rollOut;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const start = useBegin("up");
  const isWrong = parseWaves(search.waves) === undefined;
  const dryRun = useMutation({
    mutationFn: () =>
      client.migrations.up(
        { ...bodyOf(search), dryRun: true },
        { idempotencyKey: crypto.randomUUID() },
      ),
    onSuccess: ({ id }) =>
      navigate({ search: (before) => ({ ...before, trial: id }), replace: true }),
  });
  const isTried = search.trial !== undefined;
  const problem = dryRun.error ?? start.error;
  return (
    <Page title={words.title} lead={<Text c="dimmed">{words.lead}</Text>}>
      <Text size="sm">
        <ToAnchor to="/migrations">{words.back}</ToAnchor>
      </Text>
      <Card title={texts.migrations.run.options}>
        <Stack gap="lg">
          <RollOutFields />
          <Text size="sm" c="dimmed">
            {words.dryRunLead}
          </Text>
          {problem && <Problem error={problem} />}
          <Group gap="sm">
            <Button
              variant={isTried ? "default" : "filled"}
              disabled={isWrong}
              loading={dryRun.isPending}
              onClick={() => dryRun.mutate()}
            >
              {words.dryRun}
            </Button>
            <Button
              variant={isTried ? "filled" : "default"}
              disabled={isWrong}
              loading={start.isPending}
              onClick={() => start.mutate(bodyOf(search))}
            >
              {isTried ? words.start : words.startAnyway}
            </Button>
          </Group>
        </Stack>
      </Card>
      {search.trial !== undefined && <Trial id={search.trial} />}
      <Command value={commandOf(search)} />
    </Page>
  );
}

function Trial({ id }: { id: string }): ReactNode {
  const words = texts.migrations.trial;
  const { found } = useOperation(operationIdOf(id));
  const operation = found.data;
  return (
    <Card title={words.title}>
      {operation === undefined && found.error && (
        <Problem error={found.error} retry={() => void found.refetch()} />
      )}
      {operation?.error && <Alert color="red">{operation.error.message}</Alert>}
      <div role="status">
        {operation?.finishedAt === undefined && !found.error && (
          <Text size="sm" c="dimmed">
            {words.running}
          </Text>
        )}
      </div>
      {operation?.result && <TrialView result={operation.result} />}
    </Card>
  );
}
