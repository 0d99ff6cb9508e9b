// What is read again when something has changed.
import { InfiniteQueryObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refresher } from "./refresher.ts";

const event = (type: string) => ({ type }) as never;
let cache: QueryClient;
beforeEach(() => {
  cache = new QueryClient();
  cache.mount();
});
afterEach(() => cache.clear());

/** Keeps a query on the screen; returns how often it was read. */
function shown(key: string) {
  const reads = { count: 0 };
  const observer = new QueryObserver(cache, {
    queryKey: [key],
    queryFn: () => {
      reads.count += 1;
      return reads.count;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  observer.subscribe(() => {});
  return reads;
}

test("only what an event is about is read again, and all of it when a stream begins", async () => {
  const [tenants, plans] = [shown("tenants"), shown("plans")];
  await expect.poll(() => [tenants.count, plans.count]).toEqual([1, 1]);
  const refresher = new Refresher(cache);
  refresher.hear({ events: [event("tenant.suspended")], operations: [] });
  refresher.hear({ events: [event("tenant.resumed")], operations: [] });
  await expect.poll(() => [tenants.count, plans.count]).toEqual([2, 1]);
  refresher.hear({ events: [], operations: [] });
  await expect.poll(() => [tenants.count, plans.count]).toEqual([3, 2]);
});

test("a list that is being read on keeps its next page, and is read again after it", async () => {
  const asked: number[] = [];
  let release = () => {};
  const observer = new InfiniteQueryObserver(cache, {
    queryKey: ["audit"],
    queryFn: async ({ pageParam, signal }) => {
      asked.push(pageParam);
      if (pageParam === 2 && asked.length === 2)
        await new Promise<void>((resolve, reject) => {
          release = resolve;
          signal.addEventListener("abort", reject);
        });
      return pageParam;
    },
    initialPageParam: 1,
    getNextPageParam: (last: number) => (last < 2 ? last + 1 : undefined),
  });
  observer.subscribe(() => {});
  await expect.poll(() => asked).toEqual([1]);
  await expect.poll(() => observer.getCurrentResult().hasNextPage).toBe(true);
  const page = observer.fetchNextPage();
  await expect.poll(() => asked).toEqual([1, 2]);
  const other = shown("tenants");
  new Refresher(cache).hear({ events: [event("tenant.updated")], operations: [] });
  await expect.poll(() => other.count).toBe(2);
  release();
  expect((await page).data?.pages).toEqual([1, 2]);
  await expect.poll(() => asked).toEqual([1, 2, 1, 2]);
  expect(observer.getCurrentResult().data?.pages).toEqual([1, 2]);
});

test("what changes while it is being read is read once more", async () => {
  const reads = shown("plans");
  await expect.poll(() => reads.count).toBe(1);
  const refresher = new Refresher(cache);
  refresher.hear({ events: [event("plan.updated")], operations: [] });
  await expect.poll(() => reads.count).toBe(2);
  refresher.hear({ events: [event("plan.updated")], operations: [] });
  await expect.poll(() => reads.count).toBe(3);
});
