// The SQL of the fleet's ledger: which target has which files, as far as the platform knows. What is to do for all
// targets is one query; what the targets' own ledgers say otherwise is written over what stands here.
import type { IsolationModel, TenantId } from "@hestia/core";
import { sql } from "kysely";
import { byPlace, type Fingerprint, fingerprintText } from "../cluster/fingerprint.ts";
import type { MigrationName, MigrationSet } from "../cluster/migration-files.ts";
import type { PlatformTx } from "./database.ts";

/** Where migrations are applied: a partition, or what a cluster's tenants share. */
export type FleetTarget = {
  /** The tenant's id, or `cluster/<name>/app` and `cluster/<name>/shared`. */
  readonly target: string;
  readonly cluster: string;
  /** Absent for a cluster's shared set. */
  readonly isolation?: IsolationModel | undefined;
  /** The tenant whose own partition it is. */
  readonly tenantId?: TenantId | undefined;
  readonly slug?: string | undefined;
  readonly database?: string | undefined;
  /** What it lacks, in the order in which it applies. */
  readonly missing: readonly MigrationName[];
  /** The last tenant migration that it has. */
  readonly version?: string | undefined;
  /** A file that it has with another text than the stored one. */
  readonly changed?: MigrationName | undefined;
  /** The file whose failure keeps it from all that follows. */
  readonly blockedBy?: MigrationName | undefined;
  /** The file that it could not be given, whether or not that keeps it from what follows. */
  readonly failed?: MigrationName | undefined;
  /** The database that its rows were noted of, where it has its own. */
  readonly incarnation?: string | undefined;
};

/** Tenants that are served, or may be again. */
const served = sql`('pending', 'active', 'readonly', 'suspended', 'deleting')`;

// Every target once: tenants with a partition of their own, and of each cluster what the others have in common.
const targets = sql`
  select t.id::text as target, c.name as cluster, t.isolation, t.id as tenant_id, t.slug, t.database_name,
      case t.isolation when 'database' then array['shared', 'tenant'] else array['tenant'] end as sets
    from platform.tenants t join platform.clusters c on c.id = t.cluster_id
    where t.status in ${served} and (t.isolation = 'schema' or t.database_name is not null) and t.isolation <> 'shared'
  union all
  select 'cluster/' || c.name || '/app', c.name, 'shared', null, null, null, array['tenant'] from platform.clusters c
    where exists (select from platform.tenants t where t.cluster_id = c.id and t.isolation = 'shared' and t.status in ${served})
  union all
  select 'cluster/' || c.name || '/shared', c.name, null, null, null, null, array['shared'] from platform.clusters c`;

const countOf = (set: string) =>
  sql`(select count(*) from platform.migrations where set = ${sql.lit(set)})`;

// Files are listed only for targets that have fewer than there are: most runs find most targets current.
const fleet = sql`
  with held as materialized (
    select l.target, count(l.applied_at) as applied, count(l.incarnation) as known, min(l.incarnation) as first, max(l.incarnation) as last,
      max(l.name) filter (where l.set = 'tenant' and l.applied_at is not null) as version,
      min(l.set || '/' || l.name) filter (where l.applied_at is not null and l.checksum <> m.checksum) as changed,
      min(l.set || '/' || l.name) filter (where l.blocks and l.checksum = m.checksum) as blocked_by,
      min(l.set || '/' || l.name) filter (where l.error is not null and l.checksum = m.checksum) as failed
    from platform.migration_ledger l join platform.migrations m on m.set = l.set and m.name = l.name group by l.target
  )
  select f.target, f.cluster, f.isolation, f.tenant_id, f.slug, f.database_name, h.version, h.changed, h.blocked_by, h.failed,
    case when h.known = h.applied and h.first = h.last then h.first end as incarnation,
    case when coalesce(h.applied, 0) = case when f.isolation is null then ${countOf("shared")} when f.isolation = 'database'
        then (select count(*) from platform.migrations) else ${countOf("tenant")} end then '{}'
      else array(select m.set || '/' || m.name from platform.migrations m
        where m.set = any (f.sets) and not exists (select from platform.migration_ledger l
          where l.target = f.target and l.set = m.set and l.name = m.name and l.applied_at is not null)
        order by m.set, m.name) end as missing
  from (${targets}) f left join held h on h.target = f.target`;

type FleetRow = {
  readonly target: string;
  readonly cluster: string;
  readonly isolation: IsolationModel | null;
  readonly tenant_id: TenantId | null;
  readonly slug: string | null;
  readonly database_name: string | null;
  readonly missing: readonly string[];
  readonly version: string | null;
  readonly changed: string | null;
  readonly blocked_by: string | null;
  readonly failed: string | null;
  readonly incarnation: string | null;
};

/** Returns every target with what it lacks, by one query. */
export async function listFleet(tx: PlatformTx): Promise<FleetTarget[]> {
  const { rows } = await sql<FleetRow>`${fleet}`.execute(tx);
  return rows.map((row) => ({
    target: row.target,
    cluster: row.cluster,
    isolation: row.isolation ?? undefined,
    tenantId: row.tenant_id ?? undefined,
    slug: row.slug ?? undefined,
    database: row.database_name ?? undefined,
    missing: row.missing.map(nameOf),
    version: row.version ?? undefined,
    changed: row.changed === null ? undefined : nameOf(row.changed),
    blockedBy: row.blocked_by === null ? undefined : nameOf(row.blocked_by),
    failed: row.failed === null ? undefined : nameOf(row.failed),
    incarnation: row.incarnation ?? undefined,
  }));
}

function nameOf(text: string): MigrationName {
  const cut = text.indexOf("/");
  return { set: text.slice(0, cut) as MigrationSet, name: text.slice(cut + 1) };
}

/** A file that a target has. */
export type LedgerEntry = MigrationName & {
  readonly target: string;
  readonly checksum: string;
  readonly durationMs: number;
  readonly incarnation?: string | undefined;
  readonly appliedAt?: Date | undefined;
};

/** A file that a target could not be given. */
export type LedgerFailure = MigrationName & {
  readonly target: string;
  readonly checksum: string;
  readonly error: string;
  readonly line?: number | undefined;
  /** Whether the target gets nothing further until somebody retries or corrects the file. */
  readonly blocks: boolean;
};

/** Notes what came of files, and lets the library know how far the tenants are. */
export async function recordOutcomes(
  tx: PlatformTx,
  { applied, failed }: { applied: readonly LedgerEntry[]; failed: readonly LedgerFailure[] },
  now: Date,
): Promise<void> {
  const rows = [
    ...applied.map(({ durationMs, appliedAt, ...each }) => ({
      ...each,
      applied_at: appliedAt ?? now,
      duration_ms: durationMs,
      blocks: false,
    })),
    ...failed.map((each) => ({ ...each, failed_at: now })),
  ];
  if (rows.length === 0) return;
  await sql`
    insert into platform.migration_ledger as kept
      (target, set, name, checksum, applied_at, duration_ms, incarnation, error, line, blocks, failed_at)
    select target, set, name, checksum, applied_at, duration_ms, incarnation, error, line, blocks, failed_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as sent (target text, set text, name text, checksum text,
      applied_at timestamptz, duration_ms float8, incarnation text, error text, line int, blocks boolean, failed_at timestamptz)
    on conflict (target, set, name) do update set checksum = excluded.checksum, applied_at = excluded.applied_at,
      duration_ms = excluded.duration_ms, incarnation = excluded.incarnation, error = excluded.error, line = excluded.line,
      blocks = excluded.blocks, failed_at = excluded.failed_at
    where excluded.applied_at is not null or kept.applied_at is null
  `.execute(tx);
  await announce(tx, [...new Set(applied.map(({ target }) => target))]);
}

// What a cluster's shared tenants have in common concerns more of them than can be named.
async function announce(tx: PlatformTx, changed: readonly string[]): Promise<void> {
  const names = new Set(changed.map((target) => (target.startsWith("cluster/") ? "*" : target)));
  await sql`select pg_notify('hestia_directory', name) from unnest(${[...names]}::text[]) name`.execute(
    tx,
  );
}

/** Replaces what is noted of targets by what their own ledgers say; failures of what they lack stay. */
export async function replaceLedger(
  tx: PlatformTx,
  named: readonly string[],
  entries: readonly LedgerEntry[],
  now: Date,
): Promise<void> {
  await sql`delete from platform.migration_ledger where target = any (${[...named]}::text[]) and applied_at is not null`.execute(
    tx,
  );
  await recordOutcomes(tx, { applied: entries, failed: [] }, now);
  await announce(tx, named);
}

/** Returns the fingerprints of all targets that have anything. */
export async function fleetFingerprints(tx: PlatformTx): Promise<Map<string, Fingerprint>> {
  const text = fingerprintText("target", "platform.migration_ledger", "applied_at is not null");
  return byPlace((await sql<Fingerprint>`${sql.raw(text)}`.execute(tx)).rows);
}

/** Forgets a target that no longer exists. */
export async function deleteTarget(tx: PlatformTx, target: string): Promise<void> {
  await tx.deleteFrom("migration_ledger").where("target", "=", target).execute();
}

/** Lets targets that failed be tried again, those named or all; returns which. */
export async function clearFailures(
  tx: PlatformTx,
  named?: readonly string[] | undefined,
): Promise<string[]> {
  const { rows } = await sql<{ target: string }>`
    with cleared as (
      delete from platform.migration_ledger
      where error is not null and (${named === undefined} or target = any (${[...(named ?? [])]}::text[])) returning target
    ) select distinct target from cleared order by target`.execute(tx);
  return rows.map((row) => row.target);
}

/** How many targets stand how. */
export type FleetCounts = {
  readonly current: number;
  readonly behind: number;
  readonly failed: number;
  readonly versions: readonly { readonly version: string | undefined; readonly targets: number }[];
};

/** Counts the fleet, and how far its partitions are. */
export async function countFleet(tx: PlatformTx): Promise<FleetCounts> {
  const { rows } = await sql<{
    partition: boolean;
    version: string | null;
    current: number;
    behind: number;
    failed: number;
  }>`
    select isolation is not null as partition, case when isolation is not null then version end as version,
      count(*) filter (where missing = '{}' and changed is null)::int as current,
      count(*) filter (where (missing <> '{}' or changed is not null) and failed is null)::int as behind,
      count(*) filter (where missing <> '{}' and failed is not null)::int as failed
    from (${fleet}) fleet group by 1, 2 order by 1, 2 nulls first`.execute(tx);
  const sum = (key: "current" | "behind" | "failed") =>
    rows.reduce((total, row) => total + row[key], 0);
  return {
    current: sum("current"),
    behind: sum("behind"),
    failed: sum("failed"),
    versions: rows
      .filter((row) => row.partition)
      .map((row) => ({
        version: row.version ?? undefined,
        targets: row.current + row.behind + row.failed,
      })),
  };
}

/** A target that failed, and why. */
export type FailedTarget = {
  readonly target: string;
  readonly slug?: string | undefined;
  readonly file: string;
  readonly message: string;
  readonly line?: number | undefined;
  readonly blocked: boolean;
  readonly at: Date;
};

/** Returns the first of the targets that failed, of all or of those named. */
export async function listFailedTargets(
  tx: PlatformTx,
  { limit, named }: { readonly limit: number; readonly named?: readonly string[] | undefined },
): Promise<FailedTarget[]> {
  const { rows } = await sql<{
    target: string;
    slug: string | null;
    file: string;
    message: string;
    line: number | null;
    blocked: boolean;
    at: Date;
  }>`
    select l.target, t.slug, l.set || '/' || l.name as file, l.error as message, l.line, l.blocks as blocked, l.failed_at as at
    from platform.migration_ledger l
    join platform.migrations m on m.set = l.set and m.name = l.name and m.checksum = l.checksum
    left join platform.tenants t on t.id::text = l.target
    where l.error is not null and (${named === undefined} or l.target = any (${[...(named ?? [])]}::text[]))
    order by l.target limit ${limit}`.execute(tx);
  return rows.map(({ slug, line, ...row }) => ({
    ...row,
    slug: slug ?? undefined,
    line: line ?? undefined,
  }));
}
