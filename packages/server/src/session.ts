// Operators in a browser: a key is exchanged for a session, of which the browser keeps a cookie that no script reads. A
// cookie travels by itself, so what it opens must be asked for by this very origin: tenants' hosts are not it, though browsers
// count them as the same site, and no session begins on one of them.
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
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
const plainCookie = new RegExp(`(?:^|; *)${cookieName}=([\\w-]{43})(?:;|$)`);
const secureCookie = new RegExp(`(?:^|; *)__Host-${cookieName}=([\\w-]{43})(?:;|$)`);

/** A session with the token that it goes by. */
export type HeldSession = OperatorSession & { readonly token: string };

type OpenSession = Awaited<ReturnType<typeof listSessions>>[number];

/** Returns the session that the request's cookie stands for; undefined where there is no cookie. */
export async function findHeldSession(
  db: Database,
  request: FastifyRequest,
  now: Date,
): Promise<HeldSession | undefined> {
  const token = tokenOf(request);
  if (token === undefined) return undefined;
  checkOrigin(request);
  const session = await findOpen(db, token, now);
  if (session === undefined) throw new HestiaError("unauthenticated");
  if (now.getTime() - session.usedAt.getTime() > touchMs)
    await db.asPlatform((tx) => touchSession(tx, token, now));
  return { ...session, token };
}

/** Whether the session is open still; to ask is not to use it. */
export async function isOpen(db: Database, { token }: HeldSession, now: Date): Promise<boolean> {
  return (await findOpen(db, token, now)) !== undefined;
}

async function findOpen(
  db: Database,
  token: string,
  now: Date,
): Promise<OperatorSession | undefined> {
  const session = await db.asPlatform((tx) => findSession(tx, token, now));
  const isIdle = session !== undefined && now.getTime() - session.usedAt.getTime() > idleMs;
  return isIdle ? undefined : session;
}

/**
 * Throws `origin_refused` unless a page of this origin sends the request, or something that is no browser. To read is refused
 * to others too: how long it takes and how much comes tells things, and it keeps a session awake or a stream open. An address
 * that a person typed comes from nowhere, and may read.
 */
function checkOrigin({ headers, protocol, host, method }: FastifyRequest): void {
  const { "sec-fetch-site": site, origin } = headers;
  const isReading = method === "GET" || method === "HEAD";
  const isOwn = site === undefined || site === "same-origin" || (isReading && site === "none");
  const isTold =
    origin === undefined ? isReading || site !== undefined : origin === `${protocol}://${host}`;
  if (!isOwn || !isTold) throw new HestiaError("origin_refused");
}

/** Throws `origin_refused` where the host is a tenant's: what else is served there would be of the console's origin. */
async function refuseTenantHost({ config, hestia }: Platform, hostname: string): Promise<void> {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (config.hosts.includes(host) || !host.includes(".") || isIP(host) !== 0) return;
  const isBelow = host.endsWith(`.${config.baseDomain}`);
  const key = isBelow ? { slug: host.slice(0, -config.baseDomain.length - 1) } : { domain: host };
  if ((await hestia.find(key)) === undefined) return;
  const message = `${host} is a tenant's host; sign in at the server's own.`;
  throw new HestiaError("origin_refused", {}, { message });
}

// Over TLS the one with the prefix alone: any other may be of a neighbouring host's making.
function tokenOf({ headers, protocol }: FastifyRequest): string | undefined {
  const pattern = protocol === "https" ? secureCookie : plainCookie;
  return pattern.exec(headers.cookie ?? "")?.[1];
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
      await refuseTenantHost(platform(), request.hostname);
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
