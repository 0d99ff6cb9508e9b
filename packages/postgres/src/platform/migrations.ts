// The SQL of the application's migrations: the files that new partitions get, and the overview of which targets have
// them. What a partition has is decided by its own ledger alone.
import type { TenantId } from "@hestia/core";
import { sql } from "kysely";
import type { MigrationFile, MigrationSet } from "../cluster/migration-files.ts";
import type { PlatformTx } from "./database.ts";

/** A migration as it is stored. */
export type StoredMigration = MigrationFile & { readonly storedAt: Date };

/** Returns the stored files in the order in which they apply: the shared ones first. */
export async function listMigrations(tx: PlatformTx): Promise<StoredMigration[]> {
  const rows = await tx
    .selectFrom("migrations")
    .select(["set", "name", "sql", "checksum", "stored_at"])
    .orderBy("set")
    .orderBy("name")
    .execute();
  return rows.map(({ stored_at: storedAt, set, ...file }) => ({
    ...file,
    set: set as MigrationSet,
    storedAt,
  }));
}

/** Keeps others from storing files until the transaction ends; reading goes on. */
export async function lockMigrations(tx: PlatformTx): Promise<void> {
  await sql`lock table platform.migrations in share row exclusive mode`.execute(tx);
}

/** Stores files; one that is there under the same name is replaced. */
export async function storeMigrations(
  tx: PlatformTx,
  files: readonly MigrationFile[],
  now: Date,
): Promise<void> {
  await sql`
    insert into platform.migrations (set, name, sql, checksum, stored_at)
    select set, name, sql, checksum, ${now} from jsonb_to_recordset(${JSON.stringify(files)}::jsonb)
      as sent (set text, name text, sql text, checksum text)
    on conflict (set, name) do update
      set sql = excluded.sql, checksum = excluded.checksum, stored_at = excluded.stored_at
  `.execute(tx);
}

/** Takes stored files out. */
export async function deleteMigrations(
  tx: PlatformTx,
  files: readonly Pick<MigrationFile, "set" | "name">[],
): Promise<void> {
  for (const { set, name } of files)
    await tx.deleteFrom("migrations").where("set", "=", set).where("name", "=", name).execute();
}

/** A partition or a cluster's shared set, and how it stands. */
export type MigrationTarget = {
  /** The tenant's id, or `cluster/<name>/app` and `cluster/<name>/shared` for what a cluster's tenants share. */
  readonly target: string;
  readonly tenantId?: TenantId | undefined;
  /** How many of the stored files it has. */
  readonly applied: number;
  readonly failure?: { readonly file: string; readonly message: string } | undefined;
};

/** Notes how a target stands. */
export async function recordTarget(
  tx: PlatformTx,
  { target, tenantId, applied, failure }: MigrationTarget,
  now: Date,
): Promise<void> {
  const row = {
    applied,
    failed_file: failure?.file ?? null,
    message: failure?.message ?? null,
    updated_at: now,
  };
  await tx
    .insertInto("migration_targets")
    .values({ target, tenant_id: tenantId ?? null, ...row })
    .onConflict((conflict) =>
      conflict
        .constraint("migration_targets_pkey")
        .doUpdateSet(row)
        // What many tenants share is noted with each of them; only a change is written.
        .where(sql<boolean>`(migration_targets.applied, migration_targets.failed_file, migration_targets.message)
          is distinct from (excluded.applied, excluded.failed_file, excluded.message)`),
    )
    .execute();
}

/** Forgets a target that no longer exists. */
export async function deleteTarget(tx: PlatformTx, target: string): Promise<void> {
  await tx.deleteFrom("migration_targets").where("target", "=", target).execute();
}

/** Returns how many targets have how many files, and how many failed. */
export async function countTargets(
  tx: PlatformTx,
  { tenantFiles, sharedFiles }: { tenantFiles: number; sharedFiles: number },
): Promise<{ current: number; behind: number; failed: number }> {
  const due = sql<number>`case when target like 'cluster/%/shared' then ${sharedFiles}::integer else ${tenantFiles}::integer end`;
  const { current, behind, failed } = await tx
    .selectFrom("migration_targets")
    .select([
      sql<string>`count(*) filter (where failed_file is null and applied >= ${due})`.as("current"),
      sql<string>`count(*) filter (where failed_file is null and applied < ${due})`.as("behind"),
      sql<string>`count(*) filter (where failed_file is not null)`.as("failed"),
    ])
    .executeTakeFirstOrThrow();
  return { current: Number(current), behind: Number(behind), failed: Number(failed) };
}

/** Returns the first of the targets that failed. */
export async function listFailedTargets(
  tx: PlatformTx,
  limit: number,
): Promise<{ target: string; file: string; message: string }[]> {
  const rows = await tx
    .selectFrom("migration_targets")
    .select(["target", "failed_file", "message"])
    .where("failed_file", "is not", null)
    .orderBy("target")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    target: row.target,
    file: row.failed_file ?? "",
    message: row.message ?? "",
  }));
}
