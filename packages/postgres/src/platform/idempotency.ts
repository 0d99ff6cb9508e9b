// The SQL of idempotency keys: the first request with a key holds its row while it runs, and its answer is kept for the
// others. The primary key decides which is the first.
import { assert, type JsonObject, type JsonValue, type TenantId } from "@hestia/core";
import type { PlatformTx } from "./database.ts";

/** Whose key it is, and for which request. */
export type IdempotentRequest = {
  readonly actorId: string;
  readonly key: string;
  /** A digest of the method, the path and the body. */
  readonly fingerprint: Buffer;
  /** The tenant that it names. */
  readonly tenantId?: string | undefined;
};

/** An answer that was given. */
export type StoredAnswer = {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: JsonValue;
};

/** The row of a key: who works on the first request, and its answer once there is one. */
export type IdempotencyRow = {
  readonly fingerprint: Buffer;
  readonly madeId: string;
  readonly holder: string;
  readonly answer?: StoredAnswer | undefined;
};

/** Notes the request as the first with its key; undefined when there was one before. */
export async function insertIdempotencyKey(
  tx: PlatformTx,
  { actorId, key, fingerprint, tenantId: tenant_id }: IdempotentRequest,
  { madeId, holder, now }: { madeId: string; holder: string; now: Date },
): Promise<IdempotencyRow | undefined> {
  const row = await tx
    .insertInto("idempotency_keys")
    .values({
      ...{ actor_id: actorId, key, fingerprint, tenant_id: tenant_id ?? null },
      ...{ made_id: madeId, holder, created_at: now },
    })
    .onConflict((conflict) => conflict.constraint("idempotency_keys_pkey").doNothing())
    .returning("key")
    .executeTakeFirst();
  return row && { fingerprint, madeId, holder };
}

/** Returns the row of the key, locked. */
export async function lockIdempotencyKey(
  tx: PlatformTx,
  { actorId, key }: IdempotentRequest,
): Promise<IdempotencyRow | undefined> {
  const row = await tx
    .selectFrom("idempotency_keys")
    .select(["fingerprint", "made_id", "holder", "status", "headers", "body"])
    .where("actor_id", "=", actorId)
    .where("key", "=", key)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return undefined;
  const { fingerprint, made_id: madeId, holder, status, headers, body } = row;
  if (status === null) return { fingerprint, madeId, holder };
  return { fingerprint, madeId, holder, answer: { status, headers: toHeaders(headers), body } };
}

/** Gives the unanswered request to another process. */
export async function takeIdempotencyKey(
  tx: PlatformTx,
  { actorId, key }: IdempotentRequest,
  holder: string,
): Promise<void> {
  await tx
    .updateTable("idempotency_keys")
    .set({ holder })
    .where("actor_id", "=", actorId)
    .where("key", "=", key)
    .execute();
}

/** Keeps the answer of the first request. */
export async function storeAnswer(
  tx: PlatformTx,
  { actorId, key }: IdempotentRequest,
  { status, headers, body }: StoredAnswer,
): Promise<void> {
  await tx
    .updateTable("idempotency_keys")
    .set({ status, headers: JSON.stringify(headers), body: JSON.stringify(body) })
    .where("actor_id", "=", actorId)
    .where("key", "=", key)
    .execute();
}

/** Forgets a key whose request changed nothing, so that it can be sent again. */
export async function deleteIdempotencyKey(
  tx: PlatformTx,
  { actorId, key }: IdempotentRequest,
): Promise<void> {
  await tx
    .deleteFrom("idempotency_keys")
    .where("actor_id", "=", actorId)
    .where("key", "=", key)
    .execute();
}

/** Forgets the keys that came before the time; returns how many. */
export async function deleteOldIdempotencyKeys(tx: PlatformTx, before: Date): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom("idempotency_keys")
    .where("created_at", "<", before)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function toHeaders(value: JsonValue): { readonly [name: string]: string } {
  assert(value !== null, "an answer is stored with its headers");
  return value as JsonObject as { readonly [name: string]: string };
}

/** Notes that a request made something under another id than was meant for it, so that a repeat finds it. */
export async function renameMade(tx: PlatformTx, from: string, to: string): Promise<void> {
  await tx
    .updateTable("idempotency_keys")
    .set({ made_id: to })
    .where("made_id", "=", from)
    .execute();
}

/** Forgets the requests that made a tenant or named it, and with them what was answered. */
export async function deleteKeysOf(tx: PlatformTx, tenantId: TenantId): Promise<void> {
  await tx
    .deleteFrom("idempotency_keys")
    .where((row) => row.or([row("made_id", "=", tenantId), row("tenant_id", "=", tenantId)]))
    .execute();
}
