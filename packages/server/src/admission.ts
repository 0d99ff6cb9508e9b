// Who is let in, and whether they still would be: a request is admitted once, a stream again before whatever it tells.
import type { Route } from "@hestia/api";
import { HestiaError, isHestiaError, limits } from "@hestia/core";
import type { FastifyRequest } from "fastify";
import { authenticateOperator, authorise } from "./authenticate.ts";
import type { Platform } from "./platform.ts";
import { findHeldSession, isOpen } from "./session.ts";

/** Lets an operator's request in by its key or its session, or throws. */
export async function admit(
  request: FastifyRequest,
  route: Route,
  { db, now }: Pick<Platform, "db" | "now">,
): Promise<void> {
  const { authorization } = request.headers;
  request.session =
    authorization === undefined ? await findHeldSession(db, request, now()) : undefined;
  const actor =
    request.session === undefined
      ? await authenticateOperator(db, authorization)
      : ({ kind: "operator", ...request.session.key } as const);
  authorise(actor, route.permission);
  request.actor = actor;
}

/** Whether the key or the session that let the request in is good still; while nobody knows, it is. */
export async function isStillAdmitted(
  { headers, session }: FastifyRequest,
  { db, now }: Pick<Platform, "db" | "now">,
): Promise<boolean> {
  try {
    if (session !== undefined) return await isOpen(db, session, now());
    await authenticateOperator(db, headers.authorization);
    return true;
  } catch (error) {
    return !isHestiaError(error, "unauthenticated");
  }
}

/** Makes a bound on the streams that a key holds open: what it returns takes a place, and returns how it is given back. */
export function boundStreams(streamsMax: number = limits.streamsPerKeyMax) {
  const open = new Map<string, number>();
  return (keyId: string): (() => void) => {
    const count = open.get(keyId) ?? 0;
    if (count >= streamsMax) throw new HestiaError("too_many_streams", { streamsMax });
    open.set(keyId, count + 1);
    return () => {
      const left = (open.get(keyId) ?? 1) - 1;
      if (left > 0) open.set(keyId, left);
      else open.delete(keyId);
    };
  };
}
