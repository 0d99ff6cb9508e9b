// A server process's lease: a session advisory lock on a connection of its own, under the name of its workers. While
// the lock is held the process lives; when the connection ends, by kill -9 or by a cable, so does the lease, and any
// other process frees what the workers had locked. The same connection hears of changes to operations.
import pg from "pg";

/** Told when an operation changed; without an id anything may have. */
export type OnChange = (operationId?: string) => void;

/** A lease that is held. */
export type Lease = {
  /** The name under which workers lock jobs. */
  readonly holder: string;
  /** Resolves when the lease is lost or ended. */
  readonly ended: Promise<void>;
  /** Frees the jobs and queues of dead workers; returns their names. */
  freeDead(): Promise<string[]>;
  end(): Promise<void>;
};

/** Tells Hestia's advisory locks from others'. */
const lockClass = 4378;
const answerWithinMs = 5_000;

/** Takes the lease of these workers. */
export async function takeLease(
  databaseUrl: string,
  holder: string,
  onChange: OnChange,
): Promise<Lease> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
    keepAlive: true,
    application_name: "hestia-lease",
  });
  const ended = new Promise<void>((resolve) => {
    client.on("error", () => resolve());
    client.on("end", () => resolve());
  });
  client.on("notification", ({ payload }) => onChange(payload));
  await client.connect();
  await client.query("select pg_advisory_lock($1, hashtext($2))", [lockClass, holder]);
  await client.query("listen hestia_operations");
  const end = () => client.end().catch(() => {});
  return { holder, ended, end, freeDead: () => freeDead(client).catch(endAndThrow(end)) };
}

// What does not answer in time is as good as lost: others will think so too.
function endAndThrow(end: () => Promise<void>) {
  return (error: unknown): never => {
    void end();
    throw error;
  };
}

const isHeld = (holder: string) => `exists (
  select from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and classid = ${lockClass} and objid = (hashtext(${holder})::bigint & 4294967295)::oid)`;

async function freeDead(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ holder: string }>(
    `select distinct locked_by as holder from graphile_worker.jobs
     where locked_by is not null and not ${isHeld("locked_by")}`,
  );
  const dead = rows.map((row) => row.holder);
  if (dead.length > 0)
    await client.query("select graphile_worker.force_unlock_workers($1)", [dead]);
  return dead;
}

/** The SQL that tells whether `$1` holds a lease. */
export const isHeldSql = `select ${isHeld("$1")} as held`;
