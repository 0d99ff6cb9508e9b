// Operators in a browser: a key is exchanged for a session, of which the browser keeps a cookie that no script reads. A
// cookie travels by itself, so what changes something must come from this very origin: tenants' hosts are not it, though
// browsers count them as the same site.
import { randomBytes } from "node:crypto";
import type { SessionView, sessionRoutes } from "@hestia/api";
import { HestiaError } from "@hestia/core";
import {
  type Database,
  deleteSession,
  deleteSessions,
  findSession,
  insertSession,
  listSessions,
  type OperatorSession,
  touchSession,
} from "@hestia/postgres/platform";
import type { FastifyRequest } from "fastify";
import { recordEvent } from "./audit.ts";
import { authenticateOperator } from "./authenticate.ts";
import type { Handlers } from "./handlers.ts";
import type { Platform } from "./platform.ts";

const livesMs = 12 * 3_600_000;
const idleMs = 2 * 3_600_000;
/** How often its use is noted. */
const touchMs = 60_000;
const cookieName = "hestia_session";

/** A session with the token that it goes by. */
export type HeldSession = OperatorSession & { readonly token: string };

type OpenSession = Awaited<ReturnType<typeof listSessions>>[number];

/** Returns the session that the request's cookie stands for; undefined where there is no cookie. */
export async function findHeldSession(
  db: Database,
  request: FastifyRequest,
  now: Date,
): Promise<HeldSession | undefined> {
  const token = tokenOf(request.headers.cookie);
  if (token === undefined) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") checkOrigin(request);
  const session = await db.asPlatform((tx) => findSession(tx, token, now));
  if (session === undefined || now.getTime() - session.usedAt.getTime() > idleMs)
    throw new HestiaError("unauthenticated");
  if (now.getTime() - session.usedAt.getTime() > touchMs)
    await db.asPlatform((tx) => touchSession(tx, token, now));
  return { ...session, token };
}

/** Throws `origin_refused` unless a page of this origin sends the request, or something that is no browser. */
function checkOrigin({ headers, protocol, host }: FastifyRequest): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") throw new HestiaError("origin_refused");
  const { origin } = headers;
  if (origin === undefined ? site === undefined : origin !== `${protocol}://${host}`)
    throw new HestiaError("origin_refused");
}

function tokenOf(cookies: string | undefined): string | undefined {
  return /(?:^|; *)(?:__Host-)?hestia_session=([\w-]{43})(?:;|$)/.exec(cookies ?? "")?.[1];
}

/** Makes the handlers of sessions. */
export function sessionHandlers(platform: () => Platform): Handlers<typeof sessionRoutes> {
  const viewOf = (
    { id, name }: OperatorSession["key"],
    expiresAt: Date | undefined,
  ): SessionView => ({
    operator: { id, name },
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
  });
  return {
    start: async ({ request }, { key }) => {
      checkOrigin(request);
      const { db, now: clock } = platform();
      const actor = await authenticateOperator(db, `Bearer ${key}`);
      const now = clock();
      const token = randomBytes(32).toString("base64url");
      const expiresAt = new Date(now.getTime() + livesMs);
      await db.asPlatform(async (tx) => {
        const { id, name } = actor;
        await insertSession(tx, token, {
          key: { id, name },
          createdAt: now,
          usedAt: now,
          expiresAt,
        });
        await recordEvent(
          tx,
          { actor, requestId: request.id },
          { type: "session.started", data: { expiresAt: expiresAt.toISOString() }, now },
        );
      });
      return {
        status: 200,
        body: viewOf(actor, expiresAt),
        headers: { "set-cookie": cookie(request, token, livesMs) },
      };
    },
    get: async ({ actor, session }) => ({ status: 200, body: viewOf(actor, session?.expiresAt) }),
    list: async ({ platform, actor, session }) => {
      const now = platform.now();
      const asked = { now, usedSince: new Date(now.getTime() - idleMs), token: session?.token };
      const open = await platform.db.asPlatform((tx) => listSessions(tx, actor, asked));
      return { status: 200, body: { items: open.map(openView) } };
    },
    endAll: async (context) => {
      const { platform, actor, request } = context;
      const ended = await platform.db.asPlatform(async (tx) => {
        const sessions = await deleteSessions(tx, actor);
        const now = platform.now();
        await recordEvent(tx, context, { type: "session.ended", data: { sessions }, now });
        return sessions;
      });
      return { status: 200, body: { ended }, headers: { "set-cookie": cookie(request, "", 0) } };
    },
    end: async (context) => {
      const { session, request } = context;
      if (session !== undefined)
        await context.platform.db.asPlatform(async (tx) => {
          await deleteSession(tx, session.token);
          await recordEvent(tx, context, {
            type: "session.ended",
            data: { sessions: 1 },
            now: context.platform.now(),
          });
        });
      return {
        status: 200,
        body: { ended: true },
        headers: { "set-cookie": cookie(request, "", 0) },
      };
    },
  };
}

function openView({ createdAt, usedAt, expiresAt, current }: OpenSession) {
  return {
    current,
    createdAt: createdAt.toISOString(),
    usedAt: usedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}

// Over TLS with the prefix that keeps a neighbouring host from setting one of its own.
function cookie({ protocol }: FastifyRequest, token: string, ageMs: number): string {
  const isSecure = protocol === "https";
  const name = isSecure ? `__Host-${cookieName}` : cookieName;
  const attributes = ["Path=/", "HttpOnly", "SameSite=Strict", `Max-Age=${ageMs / 1_000}`];
  return [`${name}=${token}`, ...attributes, ...(isSecure ? ["Secure"] : [])].join("; ");
}
