// The sessions in which a cluster is worked in: some that are kept for the data database, and others of their own. Under a
// fence each asks before its first statement whether the work is still its own.

import pg from "pg";
import { type OpenClient, openClient, withDatabase } from "./admin.ts";
import { endForerunners, type Fence, holdFence, sessionName } from "./fence.ts";

/** See the file's head. */
export class Sessions {
  readonly #dataUrl: string;
  readonly #data: pg.Pool;
  readonly #fence: Fence | undefined;
  /** Resolves when nobody who worked under an earlier fence does so any more. */
  #alone: Promise<void> | undefined;

  private constructor(dataUrl: string, data: pg.Pool, fence?: Fence) {
    this.#dataUrl = dataUrl;
    this.#data = data;
    this.#fence = fence;
  }

  /** Opens none until one is needed. */
  static to(dataUrl: string): Sessions {
    const pool = new pg.Pool({
      connectionString: dataUrl,
      max: 4,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      application_name: "hestia",
    });
    // An idle connection that is lost is replaced at the next use; one in use tells its query.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
    return new Sessions(dataUrl, pool);
  }

  /** The same, under a fence: work throws `FenceLost` once another has taken it up. */
  fenced(fence: Fence): Sessions {
    return new Sessions(this.#dataUrl, this.#data, fence);
  }

  /** What the work is done under, if under anything. */
  get fence(): Fence | undefined {
    return this.#fence;
  }

  /** The data database without any fence, for questions. */
  get data(): pg.Pool {
    return this.#data;
  }

  /** Works in the data database. */
  async inData<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#data.connect();
    let failure: Error | undefined;
    try {
      if (this.#fence === undefined) return await work(client);
      await this.#enter(client, this.#fence);
      const result = await work(client);
      await client.query("reset application_name");
      return result;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      // After a failure the session's state is not known for sure: it is not used again.
      client.release(failure);
    }
  }

  async #enter(client: pg.ClientBase, fence: Fence): Promise<void> {
    await holdFence(client, fence);
    this.#alone ??= endForerunners(client, fence).catch((error: unknown) => {
      this.#alone = undefined;
      throw error;
    });
    await this.#alone;
  }

  /** A session of its own, in whatever database. */
  readonly open: OpenClient = async (url, work) => {
    const client = await this.connect(url);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  /** As `open`, for a caller who ends it. The fence is asked for when it is there, so that it is seen or refused. */
  async connect(url: string): Promise<pg.Client> {
    const fence = this.#fence;
    if (fence === undefined) return openClient(url);
    const client = await openClient(url, sessionName(fence));
    try {
      await this.inData(async () => {});
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  /**
   * As `inData`, for migrations: they reset their session, and with it the name that it is known by under a fence, so one
   * of their own keeps it.
   */
  migrating<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.#fence === undefined ? this.inData(work) : this.open(this.#dataUrl, work);
  }

  /** Closes those that are kept. */
  async end(): Promise<void> {
    await this.#data.end();
  }
}

/** The sessions to a cluster whose administrator has this URL. */
export function openSessions(adminUrl: string, dataDatabase: string): Sessions {
  return Sessions.to(withDatabase(adminUrl, dataDatabase));
}
