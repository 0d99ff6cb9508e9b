// The database of a run: the one of DATABASE_URL, or the embedded server, which is kept running on the same port.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type EmbeddedServer, startEmbedded } from "@hestia/postgres/embedded";
import type { StartConfig } from "./config.ts";
import { keepDatabasePort, readDatabasePort } from "./data-folder.ts";
import { isTaken } from "./port.ts";
import { makeRestarts } from "./restarts.ts";
import type { Screen } from "./screen.ts";

/** Where the platform's database is, and how to let go of it. */
export type Database = { url: string; stop(): Promise<void> };

type Keeper = { screen: Screen; onFatal: (error: Error) => void };

/** Resolves when the database can be connected to, as far as we are in charge of it. */
export async function openDatabase(config: StartConfig, keeper: Keeper): Promise<Database> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: async () => {} };
  keeper.screen.progress("starting PostgreSQL");
  const start = (port: number) =>
    startEmbedded({
      ...{ dataDir: join(config.data, "postgres"), database: "hestia", port },
      onProgress: keeper.screen.progress,
    });
  const last = readDatabasePort(config.data);
  const server = await start(last !== 0 && (await isTaken(last)) ? 0 : last);
  keepDatabasePort(config.data, server.port);
  return keepServer(server, () => start(server.port), keeper);
}

function keepServer(
  first: EmbeddedServer,
  start: () => Promise<EmbeddedServer>,
  { screen, onFatal }: Keeper,
): Database {
  const stopping = new AbortController();
  let current = Promise.resolve(first);
  const watch = async () => {
    const pauseBeforeNext = makeRestarts();
    for (;;) {
      await (await current).exited;
      if (stopping.signal.aborted) return;
      const pauseMs = pauseBeforeNext();
      if (pauseMs === undefined) throw new Error("PostgreSQL ended too often within a minute.");
      screen.say("PostgreSQL ended unexpectedly and is started again.");
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      current = start();
      await current;
      screen.say("PostgreSQL is back.");
    }
  };
  const watching = watch().catch(onFatal);
  const stop = async () => {
    stopping.abort();
    const server = await current.catch(() => undefined);
    await server?.stop();
    await watching;
  };
  return { url: first.url, stop };
}
