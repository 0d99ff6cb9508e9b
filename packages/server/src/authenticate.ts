// Who asks: an operator with a key, or no one. A wrong key, a missing one and a revoked one look alike.
import { HestiaError, limits } from "@hestia/core";
import { type Database, findOperatorKey } from "@hestia/postgres/platform";
import type { OperatorContext } from "./context.ts";

/** Returns the operator whose key the `Authorization` field holds; throws `unauthenticated`. */
export async function authenticateOperator(
  db: Database,
  authorization: string | undefined,
): Promise<OperatorContext["actor"]> {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1];
  // Longer ones are not ours; nothing is hashed for them.
  if (given === undefined || given.length > limits.operatorKeyCharsMax * 2)
    throw new HestiaError("unauthenticated");
  for (const secret of readingsOf(given)) {
    const key = await db.asked((tx) => findOperatorKey(tx, secret));
    if (key !== undefined) return { kind: "operator", ...key };
  }
  throw new HestiaError("unauthenticated");
}

// A header field is bytes, which Node gives as Latin-1: that is how fetch sends a key, a terminal sends it as UTF-8.
function readingsOf(given: string): string[] {
  const utf8 = Buffer.from(given, "latin1").toString("utf8");
  return [...new Set([given, utf8].map((text) => text.trim()))];
}

/** Throws `forbidden` unless the actor has the permission: so far, an operator key has all of them. */
export function authorise(actor: OperatorContext["actor"], _permission: string | null): void {
  if (actor.kind !== "operator") throw new HestiaError("forbidden");
}
