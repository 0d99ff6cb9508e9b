// The SQL of the application's migrations: the files that new partitions get and old ones are brought up to.
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

/** A stored file without its text. */
export type NamedMigration = Pick<MigrationFile, "set" | "name" | "checksum">;

/** Returns which files are stored. */
export async function listNames(tx: PlatformTx): Promise<NamedMigration[]> {
  const rows = await tx.selectFrom("migrations").select(["set", "name", "checksum"]).execute();
  return rows.map(({ set, ...row }) => ({ ...row, set: set as MigrationSet }));
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
