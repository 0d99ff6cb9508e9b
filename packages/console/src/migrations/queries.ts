// What is read of migrations.
import type { MigrationRunView, MigrationStateView, OperationView } from "@hestia/api";
import type { OperationId } from "@hestia/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";

/** The stored files and where the fleet stands. */
export function useMigrationState(): UseQueryResult<MigrationStateView> {
  return useQuery({
    queryKey: ["migrations", "state"],
    queryFn: ({ signal }) => client.migrations.get({}, { signal }),
  });
}

/** The latest operations of a kind. */
export function useLatest(kind: string): UseQueryResult<{ items: OperationView[] }> {
  return useQuery({
    queryKey: ["operations", "latest", kind],
    queryFn: ({ signal }) => client.operations.list({ kind, limit: 5 }, { signal }),
  });
}

/** The last run, if it waits for somebody to let it go on. */
export function useHeldRun(): OperationView | undefined {
  const last = useLatest("migrations.up").data?.items[0];
  return last?.result?.next === undefined ? undefined : last;
}

/** A run wave by wave; while it is under way it is read again as often as its fleet allows. */
export function useRun(
  operationId: OperationId,
  operation: OperationView | undefined,
): UseQueryResult<MigrationRunView> {
  const isUnderWay = operation !== undefined && operation.finishedAt === undefined;
  const found = useQuery({
    queryKey: ["migrations", "run", operationId],
    queryFn: ({ signal }) => client.migrations.run({ operationId }, { signal }),
    refetchInterval: ({ state: { data } }) => (isUnderWay ? pauseMs(data) : false),
  });
  const finishedAt = operation?.finishedAt;
  // The numbers of the end, and with them those of every other screen.
  useEffect(() => {
    if (finishedAt !== undefined) void queries.invalidateQueries({ queryKey: ["migrations"] });
  }, [finishedAt]);
  return found;
}

/** Finding out how thousands of targets stand is work for the server. */
function pauseMs(run: MigrationRunView | undefined): number {
  const targets = run?.waves.reduce((sum, wave) => sum + wave.targets, 0) ?? 0;
  return targets > 5_000 ? 10_000 : 1_000;
}
