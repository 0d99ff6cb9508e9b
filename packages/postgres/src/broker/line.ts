// The lines in which tenants' requests wait, and the connections to each database that they wait for: what is known of
// each, and whether another connection may be opened to it. Serving them is the broker's part.

import type { Login } from "../cluster/roles.ts";
import { translate } from "../failures.ts";
import type { Connection } from "./connection.ts";
import type { Line as ShareLine } from "./fair-share.ts";
import type { BrokerGauges, Target } from "./lane.ts";

/** What waits for a connection, or takes one at once. */
export type Request = {
  readonly askedAt: number;
  /** Nothing may be in flight on its connection but what it sends itself. */
  readonly isAlone: boolean;
  take(connection: Connection): void;
  fail(error: unknown): void;
};

/** A tenant's line to its database. */
export type Line = ShareLine & { readonly waiting: Request[]; readonly pool: Pool };

/** The connections to one database. */
export type Pool = {
  readonly target: Target;
  readonly idle: Connection[];
  readonly open: Set<Connection>;
  /** Connections that are being opened, or wait for room. */
  opening: number;
  /** Requests that wait for this database, and those among them that want a connection alone. */
  waiting: number;
  waitingAlone: number;
  failures: number;
  /** Until then nobody tries again to open one; the reason is told to whoever asks. */
  closedUntil: number;
  failure: unknown;
  /** Counts openings, so that logins take turns. */
  turn: number;
};

/** The part of the budget that may be opening to databases of which nobody knows whether they answer. */
const unprovenPart = 1 / 2;
/** The same where the last attempt failed. */
const suspectPart = 1 / 8;
const closedMs = { first: 100, last: 5_000 };
const tenantsShown = 10;

/** A database to which nothing is open. */
export function makePool(target: Target): Pool {
  return {
    ...{ target, idle: [], open: new Set(), opening: 0, waiting: 0, waitingAlone: 0 },
    ...{ failures: 0, closedUntil: 0, failure: undefined, turn: 0 },
  };
}

/** Whether one more connection may be opened; `unproven.now` are openings to databases to which none is open. */
export function mayOpen(
  pool: Pool,
  unproven: { readonly now: number; readonly budget: number },
  now: number,
): boolean {
  if (pool.open.size + pool.opening >= pool.target.connectionsMax) return false;
  if (pool.open.size > 0) return pool.opening < pool.waiting;
  // Nobody knows whether this database answers: one finds out for all who wait. Many that do not answer leave room for
  // the others, and those of which it is known leave more.
  if (pool.opening > 0 || now < pool.closedUntil) return false;
  const part = pool.failures > 0 ? suspectPart : unprovenPart;
  return unproven.now < Math.max(pool.failures > 0 ? 1 : 2, unproven.budget * part);
}

/** Notes that opening failed; true where nobody tries again for a moment. */
export function noteFailure(pool: Pool, error: unknown): boolean {
  pool.failures += 1;
  if (pool.failures === 1) return false;
  pool.failure = translate(error);
  const pauseMs = Math.min(closedMs.first * 2 ** (pool.failures - 2), closedMs.last);
  pool.closedUntil = performance.now() + pauseMs;
  return true;
}

/** The login with the fewest connections. */
export function nextLogin(pool: Pool): Login {
  const count = (login: Login) => [...pool.open].filter((each) => each.login === login).length;
  const { logins } = pool.target;
  if (logins.length === 1) return logins[0] as Login;
  pool.turn += 1;
  const inTurn = logins.map((_, at) => logins[(pool.turn + at) % logins.length] as Login);
  return inTurn.reduce((best, login) => (count(login) < count(best) ? login : best));
}

/** What the connections and the lines tell; `tenants` are those with most connections or longest lines. */
export function gaugesOf(
  pools: readonly Pool[],
  lines: readonly Line[],
): Pick<BrokerGauges, "open" | "busy" | "databases" | "tenants"> {
  const open = pools.reduce((sum, pool) => sum + pool.open.size, 0);
  const idle = pools.reduce((sum, pool) => sum + pool.idle.length, 0);
  return {
    open,
    busy: open - idle,
    databases: pools.filter((pool) => pool.open.size > 0).length,
    tenants: lines
      .map(({ tenantId, active, waiting }) => ({ tenantId, active, waiting: waiting.length }))
      .filter(({ active, waiting }) => active + waiting > 0)
      .sort((a, b) => b.active + b.waiting - (a.active + a.waiting))
      .slice(0, tenantsShown),
  };
}
