// All tenants, as far as one narrows them. What they are narrowed to stands in the address.
import type { TenantView } from "@hestia/api";
import type { TenantSort } from "@hestia/core";
import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useCallback } from "react";
import { Empty } from "../shared/empty.tsx";
import { formatNumber } from "../shared/format.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { ListFilters } from "./list-filters.tsx";
import { countFilters, type TenantSearch } from "./list-search.ts";
import { selectedMax } from "./selection.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { useSetup } from "./setup.ts";
import { TenantGrid } from "./tenant-grid.tsx";
import { type Sight, useTenantPages } from "./tenant-pages.ts";

const BulkDialog = lazy(() => import("./bulk-dialog.tsx"));
const route = getRouteApi("/inside/tenants");
const words = texts.tenants;

export function TenantListPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const setup = useSetup();
  const pages = useTenantPages(search);
  const { items, look, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const change = useCallback(
    (changes: Partial<TenantSearch>, replace = false) =>
      void navigate({
        search: (before) => ({ ...before, ...changes }),
        replace,
        resetScroll: false,
      }),
    [navigate],
  );
  const open = useCallback(
    ({ id }: TenantView) =>
      void navigate({ to: "/tenants/$tenantId", params: { tenantId: id }, search: {} }),
    [navigate],
  );
  const { isPlaceholderData } = pages;
  const seen = useCallback(
    (sight: Sight) => {
      look(sight);
      const isNearEnd = sight[1] > items.length - 60;
      if (isNearEnd && hasNextPage && !isFetchingNextPage && !isPlaceholderData)
        void fetchNextPage({ cancelRefetch: false });
    },
    [look, items.length, hasNextPage, isFetchingNextPage, fetchNextPage, isPlaceholderData],
  );
  const sort = useCallback((by: TenantSort) => change({ sort: by }), [change]);
  const isNarrowed = search.q !== undefined || countFilters(search) > 0;
  return (
    <Page title={words.title} actions={<NewTenantButton />}>
      <ListFilters search={search} onChange={change} />
      {error && <Problem error={error} retry={() => void pages.refetch()} />}
      {isPending && !error && <Waiting />}
      {pages.data && items.length === 0 && !isPlaceholderData && (
        <Nothing isNarrowed={isNarrowed} onClear={() => change(cleared)} />
      )}
      {items.length > 0 && (
        <Stack gap="xs">
          <Count count={items.length} isWhole={!hasNextPage} />
          <TenantGrid
            items={items}
            isWhole={!hasNextPage}
            isBusy={isPlaceholderData}
            sort={search.sort}
            setup={setup.data}
            onSort={sort}
            onOpen={open}
            onSight={seen}
            onFull={tellFull}
          />
          {isFetchingNextPage && <Skeleton height={48} aria-label={words.loadingMore} />}
        </Stack>
      )}
      <SelectionBar onBulk={(bulk) => change({ bulk })} />
      <Suspense>
        {search.bulk && (
          <BulkDialog action={search.bulk} onClose={() => change({ bulk: undefined }, true)} />
        )}
      </Suspense>
    </Page>
  );
}

function NewTenantButton(): ReactNode {
  return (
    <Button component={Link} to="/tenants/new" leftSection={<IconPlus size={16} />}>
      {words.create}
    </Button>
  );
}

function Count({ count, isWhole }: { count: number; isWhole: boolean }): ReactNode {
  return (
    <Text size="sm" c="dimmed" role="status" className="numbers">
      {words.count(formatNumber(count), isWhole, count === 1)}
    </Text>
  );
}

const cleared = {
  q: undefined,
  status: undefined,
  isolation: undefined,
  plan: undefined,
  reviewDue: undefined,
};

function Nothing({ isNarrowed, onClear }: { isNarrowed: boolean; onClear: () => void }): ReactNode {
  if (!isNarrowed)
    return (
      <Empty
        title={words.none}
        lead={words.noneLead}
        command={'npx --no hestia tenants create acme --name "Acme Airways"'}
      >
        <NewTenantButton />
      </Empty>
    );
  return (
    <Empty title={words.noneFound} lead={words.noneFoundLead}>
      <Button variant="light" onClick={onClear}>
        {words.clearFilters}
      </Button>
    </Empty>
  );
}

function Waiting(): ReactNode {
  return (
    <Group gap="xs" aria-hidden>
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={row} height={48} />
      ))}
    </Group>
  );
}

function tellFull(): void {
  notifications.show({ color: "yellow", message: words.bulk.full(formatNumber(selectedMax)) });
}
