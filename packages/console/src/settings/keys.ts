// What this room reads of the server.
import { type UseQueryResult, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";

/** Operator keys, the newest first. */
export const useKeys = () =>
  useInfiniteQuery({
    queryKey: ["operator-keys", "list"],
    queryFn: ({ pageParam, signal }) =>
      client.operatorKeys.list({ limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
  });

type Session = Awaited<ReturnType<typeof client.session.get>>;

/** Who is signed in here. */
export const useSession = (): UseQueryResult<Session> =>
  useQuery({ queryKey: ["session"], queryFn: () => client.session.get({}) });
