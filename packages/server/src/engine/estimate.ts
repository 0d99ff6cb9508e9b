// When operations are likely to end: by the median time that each of their steps took before. Read seldom, kept for a
// while in each process.
import type { Operation, OperationKind } from "@hestia/core";
import { type Database, medianStepMs } from "@hestia/postgres/platform";

/** Tells when an operation that runs is likely to end; undefined where nobody knows. */
export type Estimate = (operation: Operation, now: Date) => Promise<Date | undefined>;

const keptMs = 60_000;

/** Makes the estimates of one process. */
export function makeEstimate(db: Database): Estimate {
  const kinds = new Map<OperationKind, { readonly at: number; readonly ms: Promise<Medians> }>();
  const mediansOf = (kind: OperationKind, now: Date) => {
    const known = kinds.get(kind);
    if (known !== undefined && now.getTime() - known.at < keptMs) return known.ms;
    const ms = db.asPlatform((tx) => medianStepMs(tx, kind));
    ms.catch(() => kinds.delete(kind));
    kinds.set(kind, { at: now.getTime(), ms });
    return ms;
  };
  return async (operation, now) => {
    if (operation.status !== "running" || operation.stuckAt !== undefined) return undefined;
    return estimated(operation, await mediansOf(operation.kind, now), now);
  };
}

type Medians = ReadonlyMap<string, number>;

function estimated({ steps }: Operation, medians: Medians, now: Date): Date | undefined {
  let leftMs = 0;
  for (const { name, status, startedAt } of steps) {
    if (status !== "pending" && status !== "running") continue;
    const medianMs = medians.get(name);
    if (medianMs === undefined) return undefined;
    const runMs = startedAt === undefined ? 0 : now.getTime() - startedAt.getTime();
    leftMs += Math.max(medianMs - runMs, 0);
  }
  return new Date(now.getTime() + leftMs);
}
