// What happens to connections in a long life, all in one: statements cancelled, backends killed, the server restarted.
// Counts on the server meanwhile how many connections there are, since that is where a budget must hold.

import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { World } from "../world.ts";
import type { Random } from "./random.ts";

/** What was done, and seen. */
export type Troubles = {
  cancelled: number;
  killed: number;
  restarts: number;
  /** Connections of tenants at most, as the server counted them. */
  connectionsSeenMax: number;
};

const everyMs = 50;
/** The administrator's own connections are not tenants'. */
const ours = "application_name = 'hestia' and usename <> current_user";

/** Troubles the tenants of a world until told to stop. */
export class Trouble {
  readonly done: Troubles = { cancelled: 0, killed: 0, restarts: 0, connectionsSeenMax: 0 };
  readonly #world: World;
  readonly #random: Random;
  readonly #stop = new AbortController();
  #restarting: Promise<void> | undefined;
  readonly #working: Promise<void>;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#working = this.#work();
  }

  /** Restarts the server while all others go on. */
  restart(): Promise<void> {
    this.#restarting ??= this.#world.restart().then(() => {
      this.done.restarts += 1;
    });
    return this.#restarting;
  }

  /** Resolves when nothing troubles any more. */
  async stop(): Promise<Troubles> {
    this.#stop.abort();
    await Promise.all([this.#working, this.#restarting]);
    return this.done;
  }

  async #work(): Promise<void> {
    let client: pg.Client | undefined;
    while (!this.#stop.signal.aborted) {
      try {
        client ??= await open(this.#world.databaseUrl);
        await this.#trouble(client);
      } catch {
        // The server restarts: this connection is lost as all others are.
        await client?.end().catch(() => {});
        client = undefined;
      }
      await delay(everyMs);
    }
    await client?.end();
  }

  async #trouble(client: pg.Client): Promise<void> {
    const kills = this.#random.below(8) === 0;
    // One that is idle may be killed, too; the connection that tells changes and those that issue keys among them.
    const victims = kills
      ? "application_name like 'hestia%' and usename <> current_user"
      : `${ours} and state <> 'idle'`;
    const how = kills ? "pg_terminate_backend" : "pg_cancel_backend";
    const { rowCount } = await client.query(
      `select ${how}(pid) from (select pid from pg_stat_activity where ${victims} order by random() limit 1) x`,
    );
    this.done[kills ? "killed" : "cancelled"] += rowCount ?? 0;
    const { rows } = await client.query(
      `select count(*)::int as n from pg_stat_activity where ${ours}`,
    );
    this.done.connectionsSeenMax = Math.max(this.done.connectionsSeenMax, rows[0].n);
  }
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  return client;
}
