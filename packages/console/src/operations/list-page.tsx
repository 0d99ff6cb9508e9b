// All operations, as far as one narrows them, the newest first.
import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Empty } from "../shared/empty.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { ListFilters } from "./list-filters.tsx";
import { OperationTable } from "./operation-table.tsx";

const route = getRouteApi("/inside/operations");
const pageItems = 50;

export function OperationListPage(): ReactNode {
  const words = texts.operations;
  const { cursor, ...filter } = route.useSearch();
  const found = useQuery({
    queryKey: ["operations", "list", filter, cursor],
    queryFn: ({ signal }) =>
      client.operations.list(
        { ...filter, status: filter.status && [...filter.status], cursor, limit: pageItems },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });
  const isNarrowed = Object.keys(filter).length > 0;
  const items = found.data?.items;
  return (
    <Page title={words.title} lead={<Text c="dimmed">{words.lead}</Text>}>
      <ListFilters />
      {found.error && items === undefined && (
        <Problem error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isPending && <Rows />}
      {items && items.length > 0 && <OperationTable operations={items} />}
      {items?.length === 0 && !isNarrowed && cursor === undefined && (
        <Empty title={words.none} lead={words.noneLead} command="npx --no hestia operations list" />
      )}
      {items?.length === 0 && isNarrowed && (
        <Empty title={words.noneFound} lead={words.noneFoundLead} />
      )}
      <Pages next={found.data?.nextCursor} />
    </Page>
  );
}

function Rows(): ReactNode {
  return (
    <Stack gap="xs" aria-hidden>
      {[0, 1, 2, 3, 4, 5].map((row) => (
        <Skeleton key={row} height={40} />
      ))}
    </Stack>
  );
}

function Pages({ next }: { next: string | undefined }): ReactNode {
  const words = texts.operations.pages;
  const { cursor } = route.useSearch();
  const navigate = route.useNavigate();
  if (cursor === undefined && next === undefined) return null;
  const to = (given: string | undefined) => () =>
    void navigate({
      search: ({ cursor: _left, ...rest }) =>
        given === undefined ? rest : { ...rest, cursor: given },
    });
  return (
    <Group component="nav" aria-label={words.label} gap="xs">
      <Button variant="default" disabled={cursor === undefined} onClick={to(undefined)}>
        {words.newest}
      </Button>
      <Button variant="default" disabled={next === undefined} onClick={to(next)}>
        {words.older}
      </Button>
      {next === undefined && (
        <Text size="sm" c="dimmed">
          {words.end}
        </Text>
      )}
    </Group>
  );
}
