// The SQL of archives: what was written of a tenant before its rows went, in parts that fit into memory.
import type { JsonValue, TenantId } from "@hestia/core";
import { sql } from "kysely";
import type { PlatformTx } from "./database.ts";

/** What an archive has of a table. */
export type ArchivedTable = {
  readonly name: string;
  readonly rows: number;
  /** SHA-256 of its lines, in hexadecimal. */
  readonly sha256: string;
};

/** An archive as it is stored. */
export type Archive = {
  readonly id: string;
  readonly tables: readonly ArchivedTable[];
  readonly bytes: number;
  readonly createdAt: Date;
};

/** Begins an archive; those of the tenant that were not verified are forgotten. */
export async function insertArchive(
  tx: PlatformTx,
  { id, tenantId, now }: { id: string; tenantId: TenantId; now: Date },
): Promise<void> {
  await tx
    .deleteFrom("archives")
    .where("tenant_id", "=", tenantId)
    .where("verified_at", "is", null)
    .execute();
  await tx.insertInto("archives").values({ id, tenant_id: tenantId, created_at: now }).execute();
}

/** Stores one part. */
export async function insertArchivePart(
  tx: PlatformTx,
  part: { archiveId: string; position: number; data: Buffer },
): Promise<void> {
  await tx
    .insertInto("archive_parts")
    .values({ archive_id: part.archiveId, position: part.position, data: part.data })
    .execute();
}

/** Returns one part, or undefined behind the last. */
export async function findArchivePart(
  tx: PlatformTx,
  { archiveId, position }: { archiveId: string; position: number },
): Promise<Buffer | undefined> {
  const row = await tx
    .selectFrom("archive_parts")
    .select("data")
    .where("archive_id", "=", archiveId)
    .where("position", "=", position)
    .executeTakeFirst();
  return row?.data;
}

/** Notes that the archive was read back, and what is in it. */
export async function verifyArchive(
  tx: PlatformTx,
  { id, tables, now }: { id: string; tables: readonly ArchivedTable[]; now: Date },
): Promise<void> {
  await tx
    .updateTable("archives")
    .set({
      verified_at: now,
      tables: JSON.stringify(tables),
      bytes: sql<string>`(select coalesce(sum(octet_length(p.data)), 0) from platform.archive_parts p where p.archive_id = archives.id)`,
    })
    .where("id", "=", id)
    .execute();
}

/** Returns the tenant's latest verified archive, or undefined. */
export async function findArchive(
  tx: PlatformTx,
  tenantId: TenantId,
): Promise<Archive | undefined> {
  const row = await tx
    .selectFrom("archives")
    .select(["id", "tables", "bytes", "created_at"])
    .where("tenant_id", "=", tenantId)
    .where("verified_at", "is not", null)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      tables: row.tables as unknown as readonly ArchivedTable[],
      bytes: Number(row.bytes),
      createdAt: row.created_at,
    }
  );
}

/** Takes all archives of the tenant away. */
export async function deleteArchives(tx: PlatformTx, tenantId: TenantId): Promise<void> {
  await tx.deleteFrom("archives").where("tenant_id", "=", tenantId).execute();
}

/** Stores the proof that nothing is left; it is never changed. */
export async function insertCertificate(
  tx: PlatformTx,
  { tenantId, body, now }: { tenantId: TenantId; body: JsonValue; now: Date },
): Promise<void> {
  await tx
    .insertInto("erasure_certificates")
    .values({ tenant_id: tenantId, body: JSON.stringify(body), issued_at: now })
    .execute();
}

/** Returns the tenant's certificate, or undefined. */
export async function findCertificate(
  tx: PlatformTx,
  tenantId: TenantId,
): Promise<JsonValue | undefined> {
  const row = await tx
    .selectFrom("erasure_certificates")
    .select("body")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  return row?.body;
}
