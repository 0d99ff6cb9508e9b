// Who asks: an operator with a key, or no one. A wrong key, a missing one and a revoked one look alike.
import { HestiaError } from "@hestia/core";
import { type Database, findOperatorKey } from "@hestia/postgres/platform";
import type { OperatorContext } from "./context.ts";

/** Longer ones are not ours; nothing is hashed for them. */
const keyCharsMax = 512;

/** Returns the operator whose key the `Authorization` field holds; throws `unauthenticated`. */
export async function authenticateOperator(
  db: Database,
  authorization: string | undefined,
): Promise<OperatorContext["actor"]> {
  const secret = /^Bearer +(\S+)\s*$/i.exec(authorization ?? "")?.[1];
  if (secret === undefined || secret.length > keyCharsMax) throw new HestiaError("unauthenticated");
  const key = await db.asPlatform((tx) => findOperatorKey(tx, secret));
  if (key === undefined) throw new HestiaError("unauthenticated");
  return { kind: "operator", ...key };
}

/** Throws `forbidden` unless the actor has the permission: so far, an operator key has all of them. */
export function authorise(actor: OperatorContext["actor"], _permission: string | null): void {
  if (actor.kind !== "operator") throw new HestiaError("forbidden");
}
