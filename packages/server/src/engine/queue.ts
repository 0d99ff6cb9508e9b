// Putting operations on the queue, in the transaction that makes them. Jobs of one tenant share a queue of their own,
// so that they run one after another; an operation has one job at most. Each kind is a task of its own, so that a server
// takes no operation whose kind it does not know, as while servers of two versions run beside each other.
import type { Operation, TenantId } from "@hestia/core";
import type { PlatformTx } from "@hestia/postgres/platform";
import { runMigrations } from "graphile-worker";
import { sql } from "kysely";

const taskPrefix = "operation:";

/** The name of the queue's task for operations of a kind. */
export const taskOf = (kind: string): string => `${taskPrefix}${kind}`;

/** How often a job is tried before its operation counts as failed. */
const triesMax = 12;

/** Brings the queue's own tables up to date; a server that starts does it too. */
export function prepareQueue(databaseUrl: string): Promise<void> {
  return runMigrations({ connectionString: databaseUrl });
}

/** Has the operation run by whichever process is free. */
export async function enqueue(
  tx: PlatformTx,
  { id, kind, tenantId }: Pick<Operation, "id" | "kind" | "tenantId">,
): Promise<void> {
  await sql`select ${sql.raw(addJobSql("o"))}
    from (select ${id}::uuid as id, ${kind}::text as kind, ${tenantId ?? null}::uuid as tenant_id) o`.execute(
    tx,
  );
}

/** The SQL that puts an operation on the queue, by the alias of what has its `id`, `kind` and `tenant_id`. */
export function addJobSql(alias: string): string {
  return `graphile_worker.add_job('${taskPrefix}' || ${alias}.kind,
    payload := json_build_object('operationId', ${alias}.id::text), queue_name := 'tenant:' || ${alias}.tenant_id,
    max_attempts := ${triesMax}, job_key := 'operation:' || ${alias}.id)`;
}

/** Puts unfinished operations that have no job back on the queue; returns how many there were. */
export async function enqueueOrphans(tx: PlatformTx): Promise<number> {
  const { rows } = await sql<Pick<Operation, "id" | "kind"> & { tenantId: TenantId | null }>`
    select o.id, o.kind, o.tenant_id as "tenantId" from platform.operations o
    where o.status in ('queued', 'running') and o.stuck_at is null and o.holder is null and o.created_at < now() - interval '10 seconds' and not exists (
      select from graphile_worker.jobs j where j.key = 'operation:' || o.id and j.attempts < j.max_attempts)
    limit 100`.execute(tx);
  for (const { tenantId, ...operation } of rows)
    await enqueue(tx, { ...operation, tenantId: tenantId ?? undefined });
  return rows.length;
}

/**
 * Has interrupted jobs taken up at once instead of after their pause, and does not count the tries that this took them, by
 * job id: it was no fault of theirs. Returns those that a worker still has, to be asked for again.
 */
export async function hurry(
  tx: PlatformTx,
  interrupted: ReadonlyMap<string, number>,
): Promise<string[]> {
  const { rows } = await sql<{ id: string; taken: boolean }>`
    select id::text, locked_at is not null as taken from graphile_worker.jobs
    where id = any (${[...interrupted.keys()]}::bigint[])`.execute(tx);
  const free = rows.filter(({ taken }) => !taken).map(({ id }) => id);
  await sql`
    select graphile_worker.reschedule_jobs(array[id], run_at := now(), attempts := greatest(attempts - times, 0))
    from graphile_worker.jobs
    join unnest(${free}::bigint[], ${free.map((id) => interrupted.get(id) ?? 0)}::int[]) as u (id, times) using (id)`.execute(
    tx,
  );
  return rows.filter(({ taken }) => taken).map(({ id }) => id);
}
