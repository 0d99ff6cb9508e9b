// Everything that happened to a tenant, newest first: what people did, and what ran for it.
import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Empty } from "../shared/empty.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { EventEntry } from "./event-entry.tsx";
import { OperationEntry } from "./operation-entry.tsx";
import { useTenantId } from "./room.ts";
import styles from "./tenant.module.css";
import { tell } from "./timeline.ts";

const perPage = 25;

export function TimelineTab(): ReactNode {
  const words = texts.tenant.timeline;
  const tenantId = useTenantId();
  const operations = useInfiniteQuery({
    queryKey: ["operations", "of", tenantId],
    queryFn: ({ pageParam: cursor, signal }) =>
      client.operations.list({ tenantId, limit: perPage, ...given(cursor) }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const events = useInfiniteQuery({
    queryKey: ["audit", "of", tenantId],
    queryFn: ({ pageParam: cursor, signal }) =>
      client.audit.listForTenant({ tenantId, limit: perPage, ...given(cursor) }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const error = operations.error ?? events.error;
  const again = () => {
    void operations.refetch();
    void events.refetch();
  };
  if (error) return <Problem error={error} retry={again} />;
  if (!operations.data || !events.data) return <Loading />;
  const { happenings, next } = tell(
    {
      items: operations.data.pages.flatMap(({ items }) => items),
      hasMore: operations.hasNextPage,
    },
    { items: events.data.pages.flatMap(({ items }) => items), hasMore: events.hasNextPage },
  );
  if (happenings.length === 0) return <Empty title={words.none} lead={words.noneLead} />;
  const readOn = () => {
    if (next.operations) void operations.fetchNextPage();
    if (next.events) void events.fetchNextPage();
  };
  const isReading = operations.isFetchingNextPage || events.isFetchingNextPage;
  return (
    <Stack gap="md">
      <ol className={styles.story} aria-label={words.title}>
        {happenings.map((each) =>
          each.kind === "operation" ? (
            <OperationEntry key={each.operation.id} operation={each.operation} />
          ) : (
            <EventEntry key={each.event.id} event={each.event} />
          ),
        )}
      </ol>
      <Group justify="center">
        {next.operations || next.events ? (
          <Button variant="default" onClick={readOn} loading={isReading}>
            {words.more}
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            {words.allShown}
          </Text>
        )}
      </Group>
    </Stack>
  );
}

const given = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });

function Loading(): ReactNode {
  return (
    <Stack gap="sm" aria-busy>
      {[0, 1, 2].map((each) => (
        <Skeleton key={each} h={72} />
      ))}
    </Stack>
  );
}
