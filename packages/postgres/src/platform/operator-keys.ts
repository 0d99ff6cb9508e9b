// The SQL of operator keys. A key is found by the SHA-256 of its text, so that neither the table nor the time that a
// look-up takes tells anything about a key.
import { createHash } from "node:crypto";
import type { OperatorKeyId } from "@hestia/core";
import { sql } from "kysely";
import type { PlatformTx } from "./database.ts";

/** An operator's key, without its secret. */
export type OperatorKey = { readonly id: OperatorKeyId; readonly name: string };

/** Inserts a key for the secret, or returns undefined when there is one for it already. */
export async function insertOperatorKey(
  tx: PlatformTx,
  { id, name }: OperatorKey,
  { secret, now }: { secret: string; now: Date },
): Promise<OperatorKey | undefined> {
  const inserted = await tx
    .insertInto("operator_keys")
    .values({ id, name, digest: digestOf(secret), created_at: now })
    .onConflict((conflict) => conflict.constraint("operator_keys_digest_key").doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted && { id, name };
}

/** Returns the key with this secret, unless it was revoked. */
export async function findOperatorKey(
  tx: PlatformTx,
  secret: string,
): Promise<OperatorKey | undefined> {
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

/** Keeps other starters from making a first key at the same time, until the transaction ends. */
export async function lockOperatorKeys(tx: PlatformTx): Promise<void> {
  await sql`lock table platform.operator_keys in share row exclusive mode`.execute(tx);
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}
