// What stands between us and PostgreSQL: found out at the start, because a pooler takes from a session what it does not
// say. A pooler is known by answering with another process than the one that was announced.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Login } from "../cluster/roles.ts";
import { isUnavailable } from "../failures.ts";
import { endClient } from "./connection.ts";

/** Where to look. */
export type PoolerProbe = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: Login;
  readonly ssl: pg.ClientConfig["ssl"];
};

/** Whether prepared statements outlive their transaction there: undefined when nothing answers. */
export async function findPreparedStatements(probe: PoolerProbe): Promise<boolean | undefined> {
  const clients: pg.Client[] = [];
  const open = async () => {
    const client = new pg.Client({
      ...{ host: probe.host, port: probe.port, database: probe.database, ssl: probe.ssl },
      ...{ user: probe.login.user, password: probe.login.password },
      connectionTimeoutMillis: 5_000,
      application_name: "hestia",
    });
    client.on("error", () => {});
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    const client = await open();
    if (!(await isPooled(client))) return true;
    await expectTransactions(client, probe);
    return await preparedOutlive(client, open);
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  } finally {
    await Promise.all(clients.map(endClient));
  }
}

/** Whether a pooler answers on this connection. */
export async function isPooled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid !== (client as unknown as { processID: number }).processID;
}

async function expectTransactions(client: pg.Client, { host, port }: PoolerProbe): Promise<void> {
  try {
    await client.query("begin");
    await client.query("select 1");
    await client.query("commit");
  } catch (cause) {
    if (isUnavailable(cause) && (cause as { code?: string }).code !== "08P01") throw cause;
    const problem = `The pooler at ${host}:${port} does not keep a transaction together; set pool_mode = transaction there.`;
    throw new HestiaError("database_unsuitable", { problem }, { cause });
  }
}

const attempts = 5;
const statement = { name: "hestia_probe", text: "select pg_backend_pid() as pid" };

/**
 * Prepares a statement, then lets others hold the backend that knows it: when the statement still answers, from another
 * backend, the pooler carries it over. Where that cannot be brought about, the answer is no, which is always right.
 */
async function preparedOutlive(
  client: pg.Client,
  open: () => Promise<pg.Client>,
): Promise<boolean> {
  const ask = async () => (await client.query<{ pid: number }>(statement)).rows[0]?.pid;
  const [first, second] = [await open(), await open()];
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await first.query("begin; select 1");
      const known = await ask();
      await second.query("begin; select 1");
      await first.query("commit");
      const answered = await ask();
      await second.query("commit");
      if (answered !== known) return true;
    }
    return false;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "26000" || /prepared statement/.test(message)) return false;
    throw error;
  }
}
