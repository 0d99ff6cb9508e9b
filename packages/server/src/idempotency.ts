// `Idempotency-Key`: the first request with a key runs, others get its answer, or are told that it still runs. A request
// that changed nothing is forgotten; one that may have been cut off is run again and finds what it made by its id.
import { createHash } from "node:crypto";
import {
  canonicalJson,
  HestiaError,
  invalidInput,
  type JsonValue,
  limits,
  makeId,
  type TenantId,
} from "@hestia/core";
import {
  deleteIdempotencyKey,
  type IdempotencyRow,
  type IdempotentRequest,
  insertIdempotencyKey,
  lockIdempotencyKey,
  type PlatformTx,
  type StoredAnswer,
  storeAnswer,
  takeIdempotencyKey,
} from "@hestia/postgres/platform";
import type { Platform } from "./platform.ts";

/** Returns the request that a key stands for; throws `invalid_input` for a key that cannot be one. */
export function parseIdempotencyKey(
  key: string,
  request: {
    actorId: string;
    method: string;
    url: string;
    body: JsonValue | undefined;
    tenantId: string | undefined;
  },
): IdempotentRequest {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > limits.idempotencyKeyCharsMax)
    throw invalidInput([
      {
        pointer: "/Idempotency-Key",
        code: "malformed",
        message: `It must have 1 to ${limits.idempotencyKeyCharsMax} visible ASCII characters.`,
      },
    ]);
  const text = canonicalJson([request.method, request.url, request.body ?? null]);
  const { actorId, tenantId } = request;
  return { actorId, key, tenantId, fingerprint: createHash("sha256").update(text).digest() };
}

/** Answers the request once: `run` gets the id of what it makes; `replayed` tells a stored answer from a fresh one. */
export async function answerOnce(
  platform: Platform,
  request: IdempotentRequest,
  run: (madeId: string) => Promise<StoredAnswer>,
): Promise<StoredAnswer & { replayed: boolean }> {
  const row = await platform.db.asPlatform((tx) => claim(tx, platform, request));
  if (row.answer !== undefined) return { ...row.answer, replayed: true };
  try {
    const answer = await run(row.madeId);
    await platform.db.asPlatform((tx) => storeAnswer(tx, request, answer));
    return { ...answer, replayed: false };
  } catch (error) {
    await platform.db.asPlatform((tx) => giveUp(tx, request, error)).catch(() => {});
    throw error;
  }
}

async function claim(
  tx: PlatformTx,
  platform: Platform,
  request: IdempotentRequest,
): Promise<IdempotencyRow> {
  const now = platform.now();
  const { holder } = platform.engine;
  const fresh = { madeId: makeId<TenantId>(now), holder, now };
  const first = await insertIdempotencyKey(tx, request, fresh);
  if (first !== undefined) return first;
  const row = await lockIdempotencyKey(tx, request);
  // Forgotten between the two statements: it is free again.
  if (row === undefined) return claim(tx, platform, request);
  if (!row.fingerprint.equals(request.fingerprint)) throw new HestiaError("idempotency_key_reused");
  if (row.answer !== undefined) return row;
  if (await platform.engine.isHeld(row.holder))
    throw new HestiaError("idempotency_in_flight", { retryAfterSeconds: 1 });
  await takeIdempotencyKey(tx, request, holder);
  return row;
}

// Whether something was written before the database went away is not known: then the row stays, held by no one.
async function giveUp(tx: PlatformTx, request: IdempotentRequest, error: unknown): Promise<void> {
  const isKnown = error instanceof HestiaError && !["unavailable", "internal"].includes(error.kind);
  if (isKnown && error.code !== "operation_failed") await deleteIdempotencyKey(tx, request);
  else await takeIdempotencyKey(tx, request, "");
}
