// What has happened lately, each event in a sentence.
import { Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { EventSentence } from "../shared/event-sentence.tsx";
import { Problem } from "../shared/problem.tsx";
import { useTenants } from "../tenants/tenant-names.ts";
import { texts } from "../texts/index.ts";
import classes from "./fleet.module.css";
import { useRecentEvents } from "./queries.ts";

export function RecentEvents(): ReactNode {
  const words = texts.fleet.events;
  const found = useRecentEvents();
  const events = found.data?.items;
  const tenants = useTenants((events ?? []).map(({ tenantId }) => tenantId));
  return (
    <Card title={words.title}>
      {found.error && events === undefined && (
        <Problem error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isPending && <Skeleton height={160} aria-hidden />}
      {events?.length === 0 && (
        <Text size="sm" c="dimmed">
          {words.none}
        </Text>
      )}
      <Stack component="ul" gap="sm" className={classes.list} aria-label={words.title}>
        {events?.map((event) => (
          <li key={event.id} className={classes.event}>
            <div>
              <EventSentence event={event} tenantName={tenants.get(event.tenantId ?? "")?.name} />
            </div>
            <Text size="xs" c="dimmed">
              <Ago iso={event.at} />
            </Text>
          </li>
        ))}
      </Stack>
    </Card>
  );
}
