// What a broker keeps to, where it leads, and what it tells: the words that the rest of the library shares with it.

import type pg from "pg";
import type { Login } from "../cluster/roles.ts";
import type { Envelope, Statement } from "../scoped/scoped-query.ts";
import type { HeldClient } from "../scoped/send.ts";

/** What a broker keeps to. */
export type BrokerLimits = {
  /** Connections at most, all databases of the cluster together. */
  readonly connectionsMax: number;
  /** Connections at most for one tenant; the policy may give fewer while others are there. */
  readonly tenantConnectionsMax: number;
  /** Requests of one tenant that may wait. */
  readonly waitingMax: number;
  /** How long one waits. */
  readonly waitMs: number;
  /** Statements in flight on one connection at once. */
  readonly pipelineMax: number;
};

/** A database, and who connects to it. */
export type Target = {
  readonly database: string;
  /** Several logins hide one connection's statements from another's tenant. */
  readonly logins: readonly Login[];
  readonly connectionsMax: number;
};

/** What one broker is doing. */
export type BrokerGauges = {
  readonly connectionsMax: number;
  readonly open: number;
  readonly busy: number;
  readonly waiting: number;
  readonly databases: number;
  /** Requests that were turned away since the start: the line was full, or the wait too long. */
  readonly refused: number;
  readonly timedOut: number;
  /** The tenants with most connections or longest lines, at most ten. */
  readonly tenants: readonly { tenantId: string; active: number; waiting: number }[];
};

/** A tenant's way to its connections. */
export type Lane = {
  readonly named: boolean;
  /** Statements that go before every scope. */
  readonly before: readonly string[];
  /** The same behind a BEGIN, which names its modes itself. */
  readonly beforeInBlock: readonly string[];
  /** Runs one message on a free connection. */
  run(statement: Statement, envelope: Envelope): Promise<pg.QueryResult>;
  /** Takes a connection, until its release. */
  hold(): Promise<HeldClient>;
};
