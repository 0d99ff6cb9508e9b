// One connection of a login to one database: opened with what every scoped connection needs, closed once.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Login } from "../cluster/roles.ts";
import { stateOf } from "../scoped/connection-state.ts";
import { enterText } from "../scoped/scoped-query.ts";
import { boundResult } from "../scoped/send.ts";

/** Where connections go, and what they may carry. */
export type Address = {
  readonly host: string;
  readonly port: number;
  readonly ssl: pg.ClientConfig["ssl"];
  readonly resultBytesMax: number;
  /** False behind a pooler without prepared statements. */
  readonly named: boolean;
};

const connectTimeoutMs = 10_000;

/** The first statement was cancelled, or waited for a lock too long: no statement of whoever asked for a connection was. */
const interrupted = new Set(["57014", "55P03"]);

/** An open connection. */
export type Connection = {
  readonly client: pg.Client;
  readonly login: Login;
  idleSince: number;
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
    boundResult(client, address.resultBytesMax);
    if (address.named)
      await client.query({ name: stateOf(client).enterName, text: enterText, values: [""] });
  } catch (error) {
    void client.end().catch(() => {});
    throw interrupted.has((error as { code?: string }).code ?? "")
      ? new HestiaError("database_unavailable", {}, { cause: error })
      : error;
  }
  return { client, login, idleSince: 0, replaced: false };
}
