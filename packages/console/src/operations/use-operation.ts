// One operation, followed as it changes. A connection that is lost is told, and opened again for as long as the screen is open.
import type { OperationView } from "@hestia/api";
import { isHestiaError, type OperationId } from "@hestia/core";
import {
  type QueryClient,
  type UseQueryResult,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../app/client.ts";
import { type Liveness, watchedClient } from "../app/live.tsx";

/** The operation as last heard, and whether changes are heard. */
export type Followed = {
  readonly found: UseQueryResult<OperationView>;
  readonly liveness: Liveness;
};

const pauseMs = 3_000;

/** The key of one operation among what was read. */
export const operationKey = (id: OperationId) => ["operations", "one", id] as const;

export function useOperation(id: OperationId): Followed {
  const cache = useQueryClient();
  const found = useQuery({
    queryKey: operationKey(id),
    queryFn: ({ signal }) => client.operations.get({ operationId: id }, { signal }),
  });
  const [liveness, setLiveness] = useState<Liveness>("connecting");
  const isUnderWay = found.data !== undefined && found.data.finishedAt === undefined;
  useEffect(() => {
    if (!isUnderWay) return;
    const gone = new AbortController();
    const tell = (now: Liveness) => {
      if (!gone.signal.aborted) setLiveness(now);
    };
    void follow({ id, cache, signal: gone.signal, tell });
    return () => gone.abort();
  }, [id, cache, isUnderWay]);
  return { found, liveness: isUnderWay ? liveness : "live" };
}

type Following = {
  readonly id: OperationId;
  readonly cache: QueryClient;
  readonly signal: AbortSignal;
  readonly tell: (liveness: Liveness) => void;
};

async function follow({ id, cache, signal, tell }: Following): Promise<void> {
  const { operations } = watchedClient(signal, tell);
  while (!signal.aborted) {
    try {
      for await (const operation of operations.events({ operationId: id }, { signal }))
        cache.setQueryData(operationKey(id), operation);
      return;
    } catch (error) {
      if (signal.aborted) return;
      tell("lost");
      // It is gone, or the session is: what reads it says so.
      if (isHestiaError(error, "operation_not_found") || isHestiaError(error, "unauthenticated")) {
        void cache.invalidateQueries({ queryKey: operationKey(id) });
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
