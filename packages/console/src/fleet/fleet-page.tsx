// How everything is, at a glance. Each number leads to the list behind it; each part loads by itself, so that a slow one
// keeps no other.
import { SimpleGrid, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { counted, fill } from "../shared/fill.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { Attention } from "./attention.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { FleetSkeleton } from "./fleet-skeleton.tsx";
import { IsolationCard } from "./isolation-card.tsx";
import { MigrationsCard } from "./migrations-card.tsx";
import { OperationsCard } from "./operations-card.tsx";
import { useAhead, useFleet } from "./queries.ts";
import { RecentEvents } from "./recent-events.tsx";
import { ByIsolation, ByStatus } from "./tenant-counts.tsx";
import { living, totalOf } from "./totals.ts";

export function FleetPage(): ReactNode {
  const words = texts.fleet;
  const found = useFleet();
  useAhead();
  const fleet = found.data;
  if (fleet === undefined)
    return (
      <Page title={words.title}>
        {found.error ? (
          <Problem error={found.error} retry={() => void found.refetch()} />
        ) : (
          <FleetSkeleton label={words.loading} />
        )}
      </Page>
    );
  const total = totalOf(living(fleet.tenants));
  const ended = totalOf(fleet.tenants) - total;
  if (total + ended === 0)
    return (
      <Page title={words.title}>
        <FirstSteps />
        <RecentEvents />
      </Page>
    );
  return (
    <Page
      title={words.title}
      lead={
        <Text c="dimmed" className="numbers">
          {counted(words.total, total)}
          {ended > 0 && `, ${fill(words.ended, { count: ended })}`}
        </Text>
      }
    >
      <Attention fleet={fleet} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack gap="lg">
          <ByStatus tenants={fleet.tenants} />
          <ByIsolation tenants={living(fleet.tenants)} />
          <MigrationsCard />
        </Stack>
        <Stack gap="lg">
          <OperationsCard counts={fleet.operations} />
          <IsolationCard />
          <RecentEvents />
        </Stack>
      </SimpleGrid>
    </Page>
  );
}
