// What this room reads of the server.
import type { IsolationCheckView } from "@hestia/api";
import type { IsolationCheckId } from "@hestia/core";
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { client } from "../app/client.ts";

type Checks = Awaited<ReturnType<typeof client.isolationChecks.list>>;
type Check = Awaited<ReturnType<typeof client.isolationChecks.get>>;

/** All checks, the newest first. */
export const useChecks = (): UseInfiniteQueryResult<InfiniteData<Checks>> =>
  useInfiniteQuery({
    queryKey: ["isolation", "list"],
    queryFn: ({ pageParam, signal }) =>
      client.isolationChecks.list({ limit: 25, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
  });

/** One check with its report. */
export const useCheck = (id: string): UseQueryResult<Check> =>
  useQuery({
    queryKey: ["isolation", "one", id],
    queryFn: ({ signal }) =>
      client.isolationChecks.get({ isolationCheckId: id as IsolationCheckId }, { signal }),
  });

/** How long it took, where it is over. */
export const tookMs = ({ createdAt, finishedAt }: IsolationCheckView): number | undefined =>
  finishedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(createdAt);
