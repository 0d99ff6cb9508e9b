// The SQL of operators' sessions. Like a key, a session is found by the SHA-256 of its token; it ends with its key.
import { createHash } from "node:crypto";
import { limits, type OperatorKeyId } from "@hestia/core";
import type { PlatformTx } from "./database.ts";
import type { Operator } from "./operator-keys.ts";

/** A browser that an operator has signed in. */
export type OperatorSession = {
  readonly key: Operator;
  readonly createdAt: Date;
  readonly usedAt: Date;
  readonly expiresAt: Date;
};

/** Inserts a session for the token, and takes away those that have ended. */
export async function insertSession(
  tx: PlatformTx,
  token: string,
  { key, createdAt, usedAt, expiresAt }: OperatorSession,
): Promise<void> {
  await tx.deleteFrom("operator_sessions").where("expires_at", "<", createdAt).execute();
  await tx
    .insertInto("operator_sessions")
    .values({
      digest: digestOf(token),
      operator_key_id: key.id,
      created_at: createdAt,
      used_at: usedAt,
      expires_at: expiresAt,
    })
    .execute();
}

/** Returns the session of the token, unless it or its key has ended. */
export async function findSession(
  tx: PlatformTx,
  token: string,
  now: Date,
): Promise<OperatorSession | undefined> {
  const row = await tx
    .selectFrom("operator_sessions")
    .innerJoin("operator_keys", "operator_keys.id", "operator_sessions.operator_key_id")
    .select(["operator_keys.id", "operator_keys.name"])
    .select(["operator_sessions.created_at", "used_at", "expires_at"])
    .where("operator_sessions.digest", "=", digestOf(token))
    .where("expires_at", ">", now)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return (
    row && {
      key: { id: row.id as OperatorKeyId, name: row.name },
      createdAt: row.created_at,
      usedAt: row.used_at,
      expiresAt: row.expires_at,
    }
  );
}

/** Notes that the session is in use. */
export async function touchSession(tx: PlatformTx, token: string, now: Date): Promise<void> {
  await tx
    .updateTable("operator_sessions")
    .set({ used_at: now })
    .where("digest", "=", digestOf(token))
    .execute();
}

/** Returns the key's sessions that have not ended, the newest first, each with whether the token is its. */
export async function listSessions(
  tx: PlatformTx,
  key: Operator,
  { now, usedSince, token }: { now: Date; usedSince: Date; token: string | undefined },
): Promise<(OperatorSession & { readonly current: boolean })[]> {
  const digest = token === undefined ? undefined : digestOf(token);
  const rows = await tx
    .selectFrom("operator_sessions")
    .selectAll()
    .where("operator_key_id", "=", key.id)
    .where("expires_at", ">", now)
    .where("used_at", ">=", usedSince)
    .orderBy("created_at", "desc")
    .orderBy("digest")
    .limit(limits.pageItemsMax)
    .execute();
  return rows.map((row) => ({
    key,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    current: digest?.equals(row.digest) === true,
  }));
}

/** Ends all sessions of the key; returns how many there were. */
export async function deleteSessions(tx: PlatformTx, key: Operator): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom("operator_sessions")
    .where("operator_key_id", "=", key.id)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Ends the session of the token. */
export async function deleteSession(tx: PlatformTx, token: string): Promise<void> {
  await tx.deleteFrom("operator_sessions").where("digest", "=", digestOf(token)).execute();
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token, "utf8").digest();
}
