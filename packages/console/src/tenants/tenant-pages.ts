// The list of tenants, read page by page as one scrolls. When the server tells of a change, the pages in sight are read again and
// the others when they come into sight: a list of ten thousand is not read anew for each event.
import { limits, type TenantSort } from "@hestia/core";
import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useMemo, useRef } from "react";
import { client } from "../app/client.ts";
import type { TenantSearch } from "./list-search.ts";
import { refreshedPage, type TenantPage, tenantsOf } from "./refreshed-page.ts";

type Pages = InfiniteData<TenantPage, string | undefined>;

/** The indices of the first and the last tenant in sight. */
export type Sight = readonly [first: number, last: number];

export function useTenantPages({ bulk: _dialog, sort, ...filter }: TenantSearch) {
  const cache = useQueryClient();
  const queryKey = ["tenants", "list", { ...filter, sort }];
  const sight = useRef<Sight>([0, 0]);
  const allStaleAt = useRef(0);
  const isCatchingUp = useRef(false);
  const found = useInfiniteQuery<TenantPage, Error, Pages, typeof queryKey, string | undefined>({
    queryKey,
    queryFn: async ({ pageParam: cursor, signal }) => {
      if (cursor === undefined && !isCatchingUp.current) allStaleAt.current = Date.now();
      const known = pageAt(cache.getQueryData<Pages>(queryKey), cursor);
      if (known && !overlaps(known.sight, sight.current)) return known.page;
      const asked = { ...searched(filter, sort), limit: limits.pageItemsMax, cursor };
      const readAt = Date.now();
      const page = { ...(await client.tenants.list(asked, { signal })), readAt };
      return known ? refreshedPage(known.page, page) : page;
    },
    initialPageParam: undefined,
    getNextPageParam: (last) => last.nextCursor,
    placeholderData: keepPreviousData,
    // Pages that were not read again are the same objects; comparing all the others would take long.
    structuralSharing: false,
  });
  const { data, refetch, isFetching, isPlaceholderData } = found;
  const items = useMemo(() => tenantsOf(data?.pages ?? []), [data]);
  const look = useCallback(
    (seen: Sight) => {
      sight.current = seen;
      if (isFetching || isPlaceholderData) return;
      const isStale = sightsOf(data).some(
        ({ page, sight: own }) => overlaps(own, seen) && page.readAt < allStaleAt.current,
      );
      if (!isStale) return;
      isCatchingUp.current = true;
      void refetch().finally(() => {
        isCatchingUp.current = false;
      });
    },
    [data, refetch, isFetching, isPlaceholderData],
  );
  return { ...found, items, look };
}

function searched(filter: Omit<TenantSearch, "bulk" | "sort">, sort: TenantSort | undefined) {
  const { q, status, isolation, plan, reviewDue } = filter;
  return {
    ...(q === undefined ? {} : { q: q.slice(0, limits.searchCharsMax) }),
    ...(status === undefined ? {} : { status: [...status] }),
    ...(isolation === undefined ? {} : { isolation: [...isolation] }),
    ...(plan === undefined ? {} : { plan: [...plan] }),
    ...(reviewDue === undefined ? {} : { reviewDue }),
    ...(sort === undefined ? {} : { sort }),
  };
}

type Seen = { readonly page: TenantPage; readonly sight: Sight };

function sightsOf(data: Pages | undefined): Seen[] {
  let first = 0;
  return (data?.pages ?? []).map((page) => {
    const sight = [first, first + page.items.length - 1] as const;
    first += page.items.length;
    return { page, sight };
  });
}

function pageAt(data: Pages | undefined, cursor: string | undefined): Seen | undefined {
  const at = data?.pageParams.indexOf(cursor) ?? -1;
  return sightsOf(data)[at];
}

function overlaps([first, last]: Sight, [from, to]: Sight): boolean {
  return first <= to && last >= from;
}
