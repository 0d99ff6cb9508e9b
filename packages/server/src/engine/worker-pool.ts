// The connections of the workers. Whatever becomes of one, the process lives: each of its errors is heard of, by whoever has
// it or by nobody, and giving it back twice is giving it back once.
import pg from "pg";

/** Opens it; `max` connections at most, whose sessions are named after this process. */
export function openWorkerPool(options: {
  readonly databaseUrl: string;
  readonly max: number;
  readonly instance: string;
}): pg.Pool {
  const pool = new WorkerPool({
    connectionString: options.databaseUrl,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    application_name: `hestia-worker ${options.instance}`,
  });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

type OnConnect = Parameters<pg.Pool["connect"]>[0];

/**
 * The queue's listener gives its connection back when it fails and when the workers end: where both come together it does so
 * twice, in a promise that nobody holds, which ends the process.
 */
class WorkerPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(tell: OnConnect): void;
  override connect(tell?: OnConnect) {
    if (tell === undefined) return super.connect();
    return super.connect((error, client, done) => {
      let isBack = false;
      tell(error, client, (why) => {
        if (!isBack) done(why);
        isBack = true;
      });
    });
  }
}
