// Putting operations on the queue, in the transaction that makes them. Jobs of one tenant share a queue of their own,
// so that they run one after another; an operation has one job at most.
import type { Operation, OperationId } from "@hestia/core";
import type { PlatformTx } from "@hestia/postgres/platform";
import { runMigrations } from "graphile-worker";
import { sql } from "kysely";

/** The name of the queue's one task. */
export const taskName = "operation";

/** How often a job is tried before its operation counts as failed. */
const triesMax = 12;

/** Brings the queue's own tables up to date; a server that starts does it too. */
export function prepareQueue(databaseUrl: string): Promise<void> {
  return runMigrations({ connectionString: databaseUrl });
}

/** Has the operation run by whichever process is free. */
export async function enqueue(
  tx: PlatformTx,
  { id, tenantId }: Pick<Operation, "id" | "tenantId">,
): Promise<void> {
  await sql`select ${sql.raw(addJobSql("o.id", "o.tenant_id"))}
    from (select ${id}::uuid as id, ${tenantId ?? null}::uuid as tenant_id) o`.execute(tx);
}

/** The SQL that puts an operation on the queue, by the columns of its id and its tenant's. */
export function addJobSql(id: string, tenantId: string): string {
  return `graphile_worker.add_job('${taskName}', payload := json_build_object('operationId', ${id}::text),
    queue_name := 'tenant:' || ${tenantId}, max_attempts := ${triesMax}, job_key := 'operation:' || ${id})`;
}

/** Puts unfinished operations that have no job back on the queue; returns how many there were. */
export async function enqueueOrphans(tx: PlatformTx): Promise<number> {
  const { rows } = await sql<{ id: OperationId; tenantId: Operation["tenantId"] | null }>`
    select o.id, o.tenant_id as "tenantId" from platform.operations o
    where o.status in ('queued', 'running') and o.stuck_at is null and o.holder is null and o.created_at < now() - interval '10 seconds' and not exists (
      select from graphile_worker.jobs j where j.key = 'operation:' || o.id and j.attempts < j.max_attempts)
    limit 100`.execute(tx);
  for (const { id, tenantId } of rows) await enqueue(tx, { id, tenantId: tenantId ?? undefined });
  return rows.length;
}

/** Has interrupted jobs taken up at once instead of after their pause. */
export async function hurry(tx: PlatformTx, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await sql`select graphile_worker.reschedule_jobs(${jobIds}::bigint[], run_at := now())`.execute(
    tx,
  );
}
