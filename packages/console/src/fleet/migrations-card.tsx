// How far the fleet's migrations are spread.
import { Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useMigrationState } from "../migrations/queries.ts";
import { Spread } from "../migrations/spread.tsx";
import { Card } from "../shared/card.tsx";
import { counted } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";

export function MigrationsCard(): ReactNode {
  const words = texts.fleet.migrations;
  const found = useMigrationState();
  const state = found.data;
  return (
    <Card
      title={words.title}
      actions={
        <ToAnchor to="/migrations" size="sm">
          {words.all}
        </ToAnchor>
      }
    >
      {found.error && state === undefined && (
        <Problem error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isPending && <Skeleton height={80} aria-hidden />}
      {state && (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {state.files.length === 0
              ? words.none
              : state.targets.behind > 0
                ? counted(words.behind, state.targets.behind)
                : state.targets.failed === 0 && words.current}
          </Text>
          {state.files.length > 0 && <Spread state={state} />}
        </Stack>
      )}
    </Card>
  );
}
