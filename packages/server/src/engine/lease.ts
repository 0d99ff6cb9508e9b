// A server process's lease: a session advisory lock on a connection of its own, under the name of its workers, and a
// beat twice a second. When the connection ends, by kill -9 or by a cable, so does the lock; a process that is frozen keeps
// it, but does not beat. Any other process then ends what sessions are left of it and frees what its workers had locked.
// The same connection hears of changes to operations.
import pg from "pg";
import { addJobSql } from "./queue.ts";

/** Told when an operation changed; without an id anything may have. */
export type OnChange = (operationId?: string) => void;

/** A lease that is held. */
export type Lease = {
  /** The name under which workers lock jobs. */
  readonly holder: string;
  /** Resolves when the lease is lost or ended. */
  readonly ended: Promise<void>;
  /** Shows that this process lives, and frees the jobs and queues of dead workers; returns their names. */
  beat(): Promise<string[]>;
  end(): Promise<void>;
};

/** Tells Hestia's advisory locks from others'. */
const lockClass = 4378;
const answerWithinMs = 5_000;
/** After so long without a beat a process counts as frozen. */
const silentSeconds = 6;

/** Takes the lease of these workers; `instance` is what the names of all sessions of this process end with. */
export async function takeLease(
  databaseUrl: string,
  { holder, instance }: { readonly holder: string; readonly instance: string },
  onChange: OnChange,
): Promise<Lease> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
    keepAlive: true,
    application_name: `hestia-lease ${instance}`,
  });
  const ended = new Promise<void>((resolve) => {
    client.on("error", () => resolve());
    client.on("end", () => resolve());
  });
  client.on("notification", ({ payload }) => onChange(payload));
  await client.connect();
  await client.query("select pg_advisory_lock($1, hashtext($2))", [lockClass, holder]);
  await client.query("listen hestia_operations");
  const drop = () => client.end().catch(() => {});
  const beat = async () => {
    await client.query(
      `insert into platform.leases (holder, instance) values ($1, $2)
       on conflict on constraint leases_pkey do update set beat_at = clock_timestamp()`,
      [holder, instance],
    );
    return freeDead(client);
  };
  await beat();
  const end = async () => {
    // Whoever is gone in order leaves no row; the others' rows go with the next beat of anybody.
    await client.query("delete from platform.leases where holder = $1", [holder]).catch(() => {});
    await drop();
  };
  return { holder, ended, end, beat: () => beat().catch(endAndThrow(drop)) };
}

// What does not answer in time is as good as lost: others will think so too.
function endAndThrow(end: () => Promise<void>) {
  return (error: unknown): never => {
    void end();
    throw error;
  };
}

const isHeld = (holder: string) => `(exists (
  select from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and classid = ${lockClass} and objid = (hashtext(${holder})::bigint & 4294967295)::oid)
  and not exists (select from platform.leases k where k.holder = ${holder} and ${isSilent("k")}))`;

const isSilent = (lease: string) =>
  `(${lease}.beat_at < clock_timestamp() - interval '${silentSeconds} s')`;

async function freeDead(client: pg.ClientBase): Promise<string[]> {
  // What a frozen process has locked would stay so. One that beats again under another name has been without its lease for
  // a while, as when PostgreSQL was restarted: its sessions are those of the living.
  await client.query(
    `select pg_terminate_backend(a.pid, 2000) from platform.leases l
     join pg_stat_activity a on right(a.application_name, length(l.instance) + 1) = ' ' || l.instance
     where ${isSilent("l")}
       and not exists (select from platform.leases k where k.instance = l.instance and not ${isSilent("k")})`,
  );
  const { rows } = await client.query<{ holder: string }>(
    `select distinct locked_by as holder from graphile_worker.jobs
     where locked_by is not null and not ${isHeld("locked_by")}`,
  );
  const dead = rows.map((row) => row.holder);
  if (dead.length > 0) {
    await client.query("select graphile_worker.force_unlock_workers($1)", [dead]);
    // As if the jobs had just been added: nobody waits for the next look at the queue.
    await client.query("select pg_notify('jobs:insert', $1)", [JSON.stringify({ count: 10 })]);
  }
  await client.query(freeHeldSql);
  await client.query(
    `delete from platform.leases l where ${isSilent("l")} and not ${isHeld("l.holder")}
     and not exists (select from graphile_worker.jobs where locked_by = l.holder)
     and not exists (select from platform.operations where holder = l.holder and finished_at is null)`,
  );
  return dead;
}

/** Puts on the queue what dead servers ran without it. */
const freeHeldSql = `
  with dead as (
    select o.id, o.kind, o.tenant_id from platform.operations o
    where o.holder is not null and o.finished_at is null and not ${isHeld("o.holder")} for update skip locked
  ), freed as (
    update platform.operations o set holder = null from dead where o.id = dead.id
  )
  select ${addJobSql("dead")} from dead`;

/** The SQL that tells whether `$1` holds a lease. */
export const isHeldSql = `select ${isHeld("$1")} as held`;
