// The SQL of operator keys. A key is found by the SHA-256 of its text, so that neither the table nor the time that a
// look-up takes tells anything about a key.
import { createHash } from "node:crypto";
import { HestiaError, type OperatorKey, type OperatorKeyId, type Page } from "@hestia/core";
import { type Selectable, sql } from "kysely";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** Who enters with a key. */
export type Operator = Pick<OperatorKey, "id" | "name">;

const columns = ["id", "name", "created_at", "revoked_at"] as const;

/** Inserts a key for the secret, or returns undefined when there is one for it already. */
export async function insertOperatorKey(
  tx: PlatformTx,
  { id, name }: Operator,
  { secret, now }: { secret: string; now: Date },
): Promise<OperatorKey | undefined> {
  const inserted = await tx
    .insertInto("operator_keys")
    .values({ id, name, digest: digestOf(secret), created_at: now })
    .onConflict((conflict) => conflict.constraint("operator_keys_digest_key").doNothing())
    .returning(columns)
    .executeTakeFirst();
  return inserted && toKey(inserted);
}

/** Returns who has the key with this secret, unless it was revoked. */
export async function findOperatorKey(
  tx: PlatformTx,
  secret: string,
): Promise<Operator | undefined> {
  const row = await tx
    .selectFrom("operator_keys")
    .select(["id", "name"])
    .where("digest", "=", digestOf(secret))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return row && { id: row.id as OperatorKeyId, name: row.name };
}

/** Tells whether any key was ever made: only a platform without one is new. */
export async function hasOperatorKeys(tx: PlatformTx): Promise<boolean> {
  return (
    (await tx.selectFrom("operator_keys").select("id").limit(1).executeTakeFirst()) !== undefined
  );
}

/** Keeps others from making or revoking keys at the same time, until the transaction ends. */
export async function lockOperatorKeys(tx: PlatformTx): Promise<void> {
  await sql`lock table platform.operator_keys in share row exclusive mode`.execute(tx);
}

const newestFirst: Keyset = {
  column: "operator_keys.created_at",
  id: "operator_keys.id",
  kind: "time",
  descending: true,
};

/** Returns one page of keys, the newest first; throws `cursor_invalid`. */
export async function listOperatorKeys(
  tx: PlatformTx,
  page: PageRequest,
): Promise<Page<OperatorKey>> {
  const binding = { sort: "-createdAt", filter: {} };
  const rows = await tx
    .selectFrom("operator_keys")
    .select(columns)
    .where(afterCursor(newestFirst, page, binding))
    .orderBy(keysetOrder(newestFirst))
    .limit(page.limit + 1)
    .execute();
  return pageOfRows(rows.map(toKey), page, binding, ({ createdAt, id }) => [createdAt, id]);
}

/** Returns the key; throws `operator_key_not_found`. */
export async function getOperatorKey(tx: PlatformTx, id: OperatorKeyId): Promise<OperatorKey> {
  const row = await tx
    .selectFrom("operator_keys")
    .select(columns)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) throw new HestiaError("operator_key_not_found");
  return toKey(row);
}

/** Revokes the key and ends its sessions, while the keys are locked; throws `operator_key_last`. */
export async function revokeOperatorKey(
  tx: PlatformTx,
  key: OperatorKey,
  now: Date,
): Promise<OperatorKey> {
  const other = await tx
    .selectFrom("operator_keys")
    .select("id")
    .where("id", "<>", key.id)
    .where("revoked_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  if (other === undefined) throw new HestiaError("operator_key_last");
  await tx.updateTable("operator_keys").set({ revoked_at: now }).where("id", "=", key.id).execute();
  await tx.deleteFrom("operator_sessions").where("operator_key_id", "=", key.id).execute();
  return { ...key, revokedAt: now };
}

function toKey(
  row: Pick<Selectable<PlatformTables["operator_keys"]>, (typeof columns)[number]>,
): OperatorKey {
  return {
    id: row.id as OperatorKeyId,
    name: row.name,
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined,
  };
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}
