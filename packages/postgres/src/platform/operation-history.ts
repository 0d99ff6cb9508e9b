// The SQL of what operations leave behind: those that nobody brings to their end, those that are old, how long steps took.
import { isFinished, type Operation, type OperationId } from "@hestia/core";
import { sql } from "kysely";
import type { PlatformTx } from "./database.ts";
import { lockOperation, updateOperation } from "./operations.ts";

/** Notes that nobody tries an unfinished operation again by itself; undefined when there is none. */
export async function markStuck(
  tx: PlatformTx,
  operationId: OperationId,
  now: Date,
): Promise<Operation | undefined> {
  const { operation, undoing } = await lockOperation(tx, operationId);
  if (isFinished(operation)) return undefined;
  const stuck = { ...operation, stuckAt: now };
  await updateOperation(tx, stuck, undoing);
  return stuck;
}

/** Forgets operations that were finished before then, at most so many; returns how many there were. */
export async function deleteOldOperations(
  tx: PlatformTx,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const old = tx
    .selectFrom("operations")
    .select("id")
    .where("finished_at", "<", before)
    .orderBy("finished_at")
    .limit(limit);
  const { numDeletedRows } = await tx
    .deleteFrom("operations")
    .where("id", "in", old)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** The median milliseconds of each step of a kind, over its latest operations that succeeded. */
export async function medianStepMs(tx: PlatformTx, kind: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string; ms: number }>`
    select s.name, percentile_cont(0.5) within group (order by extract(epoch from s.finished_at - s.started_at) * 1000) as ms
    from platform.operation_steps s join (
      select id from platform.operations where kind = ${kind} and status = 'succeeded' order by created_at desc, id desc limit 50
    ) o on o.id = s.operation_id
    where s.finished_at is not null and s.started_at is not null group by s.name`.execute(tx);
  return new Map(rows.map(({ name, ms }) => [name, ms]));
}
