// One connection of a login to one database: opened with what every scoped connection needs, closed once.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Login } from "../cluster/roles.ts";
import { stateOf } from "../scoped/connection-state.ts";
import type { ResultBounds } from "../scoped/received-result.ts";
import { boundResult, streamOf } from "../scoped/send.ts";
import { enterText } from "../scoped/wire.ts";
import type { BrokerLimits } from "./lane.ts";

/** Where connections go, and what they may carry. */
export type Address = {
  readonly host: string;
  readonly port: number;
  readonly ssl: pg.ClientConfig["ssl"];
  readonly results: ResultBounds;
  /** False behind a pooler without prepared statements. */
  readonly named: boolean;
};

/** What a broker is told. */
export type BrokerOptions = Address &
  BrokerLimits & {
    /** Where functions cannot be revoked, the session is reset before each scope. */
    readonly resets: boolean;
  };

const connectTimeoutMs = 10_000;
const goodbyeMs = 1_000;
const prepareAttempts = 3;

/** The first statement was cancelled, or waited for a lock too long: no statement of whoever asked for a connection was. */
const interrupted = new Set(["57014", "55P03"]);

/** What a tenant could have left on the session where set_config and advisory locks stay callable. */
const resetStatements = [
  "reset all",
  "reset role",
  "select pg_catalog.pg_advisory_unlock_all()",
] as const;
/** The transaction has begun with the defaults that were left; it must be told before it takes a snapshot. */
const resetTransaction = "set transaction isolation level read committed, read write";
const [resetAll, ...resetRest] = resetStatements;

/** What goes before each scope where a session keeps what tenants leave on it. */
export const resets = {
  before: [resetAll, resetTransaction, ...resetRest],
  beforeInBlock: resetStatements,
} as const;
/** What goes before it elsewhere. */
export const noResets = { before: [], beforeInBlock: [] } as const;

/** An open connection. */
export type Connection = {
  readonly client: pg.Client;
  readonly login: Login;
  idleSince: number;
  /** Statements in flight on it, and clients that hold it. */
  inFlight: number;
  /** Whether another may be sent behind those in flight. */
  mayFollow: boolean;
  /** When the server began with what it does now. */
  busySince: number;
  /** What ran on it was cancelled for the sake of those behind it. */
  isRelieved: boolean;
  /** It is being closed, and its place in the budget is another's already. */
  replaced: boolean;
};

/** Opens one. Throws what pg throws, or `database_unavailable`; nothing is left open then. */
export async function openConnection(
  address: Address,
  { database }: { readonly database: string },
  login: Login,
): Promise<Connection> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database,
    user: login.user,
    password: login.password,
    ssl: address.ssl,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: "hestia",
  });
  // A connection that is lost tells the statement that runs on it; an idle one is replaced at the next use.
  client.on("error", () => {});
  // Tools that hold it listen, too.
  client.setMaxListeners(0);
  try {
    await client.connect();
    boundResult(client, address.results);
    if (address.named) await prepareScope(client);
  } catch (error) {
    void endClient(client);
    throw error;
  }
  return {
    client,
    login,
    idleSince: 0,
    inFlight: 0,
    mayFollow: false,
    busySince: 0,
    isRelieved: false,
    replaced: false,
  };
}

/**
 * Says goodbye, and hangs up on a server that does not answer: it would keep a place in the budget for ever. Never throws:
 * whoever is done with a connection can do nothing about its being lost already.
 */
export async function endClient(client: pg.Client): Promise<void> {
  const hangUp = setTimeout(() => streamOf(client).destroy(), goodbyeMs);
  await client.end().catch(() => {});
  clearTimeout(hangUp);
}

type Cancelling = pg.Connection & {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
};

/** Has the server cancel what runs on a connection; asked over another one, as the protocol wants it. */
export function cancelRunning({ host, port, ssl }: Address, client: pg.Client): void {
  const { processID, secretKey } = client as unknown as Record<"processID" | "secretKey", number>;
  const asking = new pg.Connection({ ssl } as pg.ConnectionConfig) as Cancelling;
  const hangUp = setTimeout(() => asking.stream.destroy(), connectTimeoutMs);
  const cancel = () => asking.cancel(processID, secretKey);
  asking.on("connect", () => (ssl ? asking.requestSsl() : cancel()));
  asking.on("sslconnect", cancel);
  asking.on("end", () => clearTimeout(hangUp));
  // What could not be cancelled ends by itself.
  asking.on("error", () => {});
  if (host.startsWith("/")) asking.connect(`${host}/.s.PGSQL.${port}`);
  else asking.connect(port, host);
}

/** Prepares the scope's statement. A cancel that hits it was meant for another: it is sent again. */
async function prepareScope(client: pg.Client): Promise<void> {
  const statement = { name: stateOf(client).enterName, text: enterText, values: [""] };
  let cause: unknown;
  for (let attempt = 0; attempt < prepareAttempts; attempt += 1)
    try {
      await client.query(statement);
      return;
    } catch (error) {
      if (!interrupted.has((error as { code?: string }).code ?? "")) throw error;
      cause = error;
    }
  throw new HestiaError("database_unavailable", {}, { cause });
}
