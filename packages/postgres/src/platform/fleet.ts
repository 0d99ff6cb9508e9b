// The SQL of the fleet's counts. Each is read from an index alone.
import type { IsolationModel, TenantStatus } from "@hestia/core";
import { sql } from "kysely";
import type { PlatformTx } from "./database.ts";

/** How many tenants have a status and an isolation model. */
export type TenantCount = {
  readonly status: TenantStatus;
  readonly isolation: IsolationModel;
  readonly count: number;
};

/** The statement that counts tenants, for whoever asks how it is planned. */
export const tenantCountsSql =
  "select status, isolation, count(*)::int as count from platform.tenants group by status, isolation order by status, isolation";

/** Counts tenants by status and isolation model. */
export async function countTenants(tx: PlatformTx): Promise<TenantCount[]> {
  return (await sql<TenantCount>`${sql.raw(tenantCountsSql)}`.execute(tx)).rows;
}

/** Counts tenants whose suspension has to be reviewed. */
export async function countReviewsDue(tx: PlatformTx): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from platform.tenants where review_due_at is not null`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

/** How many operations stand how. */
export type OperationCounts = {
  readonly queued: number;
  readonly running: number;
  readonly stuck: number;
  readonly failed: number;
};

/** Counts operations; failed ones only of those begun since then, which keeps the count small for ever. */
export async function countOperations(
  tx: PlatformTx,
  failedSince: Date,
): Promise<OperationCounts | undefined> {
  const of = (condition: ReturnType<typeof sql>) =>
    sql`(select count(*)::int from platform.operations where ${condition})`;
  const { rows } = await sql<OperationCounts>`select
    ${of(sql`status = 'queued'`)} as queued, ${of(sql`status = 'running'`)} as running,
    ${of(sql`stuck_at is not null`)} as stuck,
    ${of(sql`status = 'failed' and created_at >= ${failedSince}`)} as failed`.execute(tx);
  return rows[0];
}
