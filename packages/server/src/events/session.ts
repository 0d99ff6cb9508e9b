// A server's presence among those that deliver: a session advisory lock under a name of its own, on a connection that
// also hears when there is something to do. When the connection ends, by kill -9 or by a cable, so does the lock, and
// the others free the lanes that were held under the name. Of a process that is frozen they end the connection, when its
// lease has not beaten for a while.
import { randomUUID } from "node:crypto";
import { eventsChannel, laneLockClass } from "@hestia/postgres/platform";
import pg from "pg";
import type { Platform } from "../platform.ts";

/** A presence that is held. */
export type Session = {
  /** The name under which lanes are held. */
  readonly holder: string;
  /** Aborted when the presence is lost or ended. */
  readonly lost: AbortSignal;
  /** Ends the presence unless the database answers. */
  check(): Promise<void>;
  end(): Promise<void>;
};

const answerWithinMs = 5_000;

/** Takes a presence; `onWake` is called when there may be something to do. */
export async function openSession(
  { config, instance }: Pick<Platform, "config" | "instance">,
  onWake: () => void,
): Promise<Session> {
  const client = new pg.Client({
    connectionString: config.databaseUrl,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
    keepAlive: true,
    application_name: `hestia-events ${instance}`,
  });
  const lost = new AbortController();
  const lose = () => {
    lost.abort();
    onWake();
  };
  client.on("error", lose);
  client.on("end", lose);
  client.on("notification", onWake);
  const holder = randomUUID();
  const end = async () => {
    lose();
    await client.end().catch(() => {});
  };
  try {
    await client.connect();
    await client.query("select pg_advisory_lock($1, hashtext($2))", [laneLockClass, holder]);
    await client.query(`listen ${eventsChannel}`);
  } catch (error) {
    await end();
    throw error;
  }
  // What does not answer in time is as good as lost: others will think so too.
  const check = async () => void (await client.query("select 1").catch(end));
  return { holder, lost: lost.signal, check, end };
}
