// The tokens that confirm an administrator's e-mail. A token is made from the secret key and the event that tells of it,
// so it is stored nowhere and can still be sent again; the database has its hash alone. It names its tenant, so that wrong
// ones are counted where they are tried.
import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { type EventId, type JsonObject, limits, parseTenantId, type TenantId } from "@hestia/core";
import {
  findAdminEmail,
  listVerifications,
  type NumberedEvent,
  type PlatformTx,
} from "@hestia/postgres/platform";
import type { Platform } from "./platform.ts";

const idBytes = 16;
const secretBytes = 32;

/** A token as it comes back: whose it says to be, and what proves it. */
export type ReadToken = { readonly tenantId: TenantId; readonly secret: Buffer };

/** Makes the token of an issue; the same one for the same event. */
export function makeToken(
  { config: { secretKey } }: Pick<Platform, "config">,
  tenantId: TenantId,
  issue: EventId,
): string {
  const key = Buffer.from(hkdfSync("sha256", secretKey, "hestia", "verification tokens", 32));
  const secret = createHmac("sha256", key).update(`${tenantId} ${issue}`).digest();
  return Buffer.concat([Buffer.from(tenantId.replaceAll("-", ""), "hex"), secret]).toString(
    "base64url",
  );
}

/** Reads a token, or returns undefined for what cannot be one. */
export function readToken(text: string): ReadToken | undefined {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== idBytes + secretBytes || bytes.toString("base64url") !== text)
    return undefined;
  const hex = bytes.subarray(0, idBytes).toString("hex");
  const tenantId = parseTenantId(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
  return tenantId && { tenantId, secret: bytes.subarray(idBytes) };
}

/** Returns what is stored of a token. */
export function hashOf({ secret }: ReadToken): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Tells whether the token is the one with this hash, in a time that does not tell how much of it is right. */
export function isTokenOf(token: ReadToken, hash: Buffer): boolean {
  return timingSafeEqual(hashOf(token), hash);
}

/** How a secret begins, which only who has seen the token knows. */
const beginningBytes = 8;

/**
 * Tells whether a token that is wrong was the one of this issue once: spoilt on its way, or tried by who has a part of it.
 * A stranger, who knows the tenant alone, would else use up the tries of who has to confirm.
 */
export function isSpoilt(
  { tenantId, secret }: ReadToken,
  platform: Pick<Platform, "config">,
  issue: EventId | undefined,
): boolean {
  const right = issue && readToken(makeToken(platform, tenantId, issue));
  if (!right) return false;
  const [given, known] = [secret, right.secret].map((each) => each.subarray(0, beginningBytes));
  return given !== undefined && known !== undefined && timingSafeEqual(given, known);
}

/** When a token that is issued now is no good any more. */
export function tokenExpiry(now: Date): Date {
  return new Date(now.getTime() + limits.verificationHours * 3_600_000);
}

/**
 * Returns what the receiver of a request for a confirmation needs beside the event: the token and where to send it.
 *
 * Nothing for an event whose token is used, replaced or too old, or was given to an operator.
 */
export async function tokenFacts(
  tx: PlatformTx,
  platform: Pick<Platform, "config" | "now">,
  { event }: NumberedEvent,
): Promise<JsonObject> {
  if (event.type !== "tenant.verification_requested" || event.tenantId === undefined) return {};
  if (event.data.tokenIn !== "event") return {};
  const { tenantId, id } = event;
  const rows = await listVerifications(tx, tenantId);
  const row = rows.find(({ issue, state }) => issue === id && state === "open");
  const email = await findAdminEmail(tx, tenantId);
  if (row?.expiresAt === undefined || row.expiresAt <= platform.now() || email === undefined)
    return {};
  return { email, token: makeToken(platform, tenantId, id) };
}
