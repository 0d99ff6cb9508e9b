// The administrator's way into a server: one client at a time, for DDL that no tenant's role may run.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import { isUnavailable } from "../failures.ts";

const connectTimeoutMs = 10_000;

/** The URL with another database in it. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** The database that a URL names; PostgreSQL's default is the user's name. */
export function databaseOf(url: string): string {
  const parsed = new URL(url);
  return (
    decodeURIComponent(parsed.pathname.slice(1)) ||
    decodeURIComponent(parsed.username) ||
    "postgres"
  );
}

/** Gives the work a client of its own at an address. */
export type OpenClient = <T>(url: string, work: (client: pg.Client) => Promise<T>) => Promise<T>;

/** Opens a client, runs the work and closes it, whatever happens. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  sessionName?: string,
): Promise<T> {
  const client = await openClient(url, sessionName);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Opens a client, which the caller ends. */
export async function openClient(url: string, sessionName = "hestia"): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: sessionName,
  });
  // A connection lost between two statements is reported by the next one.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    throw connectFailure(url, error);
  }
  return client;
}

/** Runs the work in one transaction. */
export async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    // A connection that is gone has rolled back by itself, and the first error says why.
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

/** Does the work in a transaction of which nothing stays; `begin` says how it begins, `rollback` what ends it. */
export async function rolledBack<T>(
  client: pg.ClientBase,
  work: () => Promise<T>,
  { begin = "begin", rollback = "rollback" } = {},
): Promise<T> {
  await client.query(begin);
  try {
    return await work();
  } finally {
    // A connection that is gone has rolled back by itself.
    await client.query(rollback).catch(() => {});
  }
}

/** One sentence for a connection that could not be made; never with a password in it. */
export function connectFailure(url: string, cause: unknown): Error {
  const { code, message } = cause as { code?: string; message: string };
  const { hostname, port, username } = new URL(url);
  const server = `${hostname}:${port || 5432}`;
  const problem = connectProblems[code ?? ""]?.({
    server,
    user: username,
    database: databaseOf(url),
  });
  if (problem) return new HestiaError("database_unsuitable", { problem }, { cause });
  if (isUnavailable(cause)) return new HestiaError("database_unavailable", { server }, { cause });
  return new HestiaError(
    "database_unsuitable",
    { problem: `PostgreSQL at ${server} refused: ${message}` },
    { cause },
  );
}

type Where = { server: string; user: string; database: string };

const connectProblems: Record<string, (where: Where) => string> = {
  "28P01": ({ server, user }) =>
    `PostgreSQL at ${server} refused the password of ${user}; correct DATABASE_URL.`,
  "28000": ({ server, user }) =>
    `PostgreSQL at ${server} does not let ${user} in; correct DATABASE_URL or pg_hba.conf.`,
  "3D000": ({ server, database }) =>
    `PostgreSQL at ${server} has no database ${database}; create it, or correct DATABASE_URL.`,
  "42501": ({ server, user, database }) =>
    `${user} may not connect to ${database} at ${server}; grant it CONNECT.`,
};

/** Throws unless the URL is one that PostgreSQL understands. */
export function checkDatabaseUrl(url: string): void {
  const parsed = URL.parse(url);
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.hostname === "") {
    const fault = url === "" ? "is not set" : "is not a PostgreSQL address";
    const problem = `DATABASE_URL ${fault}; write it as postgres://user:password@host:5432/database`;
    throw new HestiaError("database_unsuitable", { problem });
  }
}
