// The SQL of partitions made ahead. Who works on one holds its row by the server's lease; who claims one takes its row
// in the transaction that makes the tenant, so that a partition goes to one tenant at most.
import type { IsolationModel, TenantId } from "@hestia/core";
import { sql } from "kysely";
import type { PartitionPlace } from "../cluster/cluster.ts";
import type { PlatformTx } from "./database.ts";

/** The models whose partitions can be made ahead. */
export type WarmIsolation = Exclude<IsolationModel, "shared">;

/** A partition that waits for its tenant, or was just given to one. */
export type WarmPartition = {
  readonly id: TenantId;
  readonly isolation: WarmIsolation;
  /** The stored migrations that it has. */
  readonly mark: string;
  readonly place: PartitionPlace;
  /** Which database it is, where it is one. */
  readonly incarnation?: string | undefined;
  readonly madeAt: Date;
};

/** What a server does with a partition that nobody has. */
export type WarmWork = {
  readonly id: TenantId;
  readonly isolation: WarmIsolation;
  /** Make it, or bring it to the stored migrations; or take it away. */
  readonly task: "make" | "drop";
  /** The fence of this work. */
  readonly token: string;
};

/** Who works, and where. */
export type WarmWorker = {
  readonly clusterId: string;
  readonly holder: string;
  /** How many are wanted of each model. */
  readonly wanted: Readonly<Record<WarmIsolation, number>>;
  /** The models whose partitions can be made at present. */
  readonly possible: readonly WarmIsolation[];
  readonly makeId: () => TenantId;
  readonly now: Date;
};

/** Returns the mark of all stored migrations. */
export async function storedMark(tx: PlatformTx): Promise<string> {
  const { rows } = await sql<{ mark: string }>`select platform.stored_mark() as mark`.execute(tx);
  return rows[0]?.mark ?? "";
}

/** Takes a ready partition that has all stored migrations; undefined where there is none. */
export async function claimWarm(
  tx: PlatformTx,
  { clusterId, isolation }: { clusterId: string; isolation: WarmIsolation },
): Promise<WarmPartition | undefined> {
  const { rows } = await sql<WarmRow>`
    update platform.warm_partitions set state = 'claimed' where id = (
      select id from platform.warm_partitions
      where cluster_id = ${clusterId} and isolation = ${isolation} and state = 'ready' and mark = (select platform.stored_mark())
      order by id limit 1 for update skip locked)
    returning ${columns}`.execute(tx);
  return rows[0] && toWarm(rows[0]);
}

/** Returns the partition that a tenant has claimed, if it still has all stored migrations. */
export async function findClaimed(
  tx: PlatformTx,
  tenantId: TenantId,
): Promise<WarmPartition | undefined> {
  const { rows } = await sql<WarmRow>`select ${columns} from platform.warm_partitions
    where id = ${tenantId} and state = 'claimed' and mark = (select platform.stored_mark())`.execute(
    tx,
  );
  return rows[0] && toWarm(rows[0]);
}

/** Forgets a partition: it is its tenant's own now, or it is gone. */
export async function deleteWarm(tx: PlatformTx, id: TenantId): Promise<void> {
  await tx.deleteFrom("warm_partitions").where("id", "=", id).execute();
}

/** Returns how many partitions the plans want ready, by model. */
export async function countWanted(
  tx: PlatformTx,
  max: number,
): Promise<Record<WarmIsolation, number>> {
  const { rows } = await sql<{ isolation: WarmIsolation; wanted: number }>`
    select isolation, least(sum(warm), ${max})::int as wanted from platform.plans
    where isolation <> 'shared' group by isolation`.execute(tx);
  const of = (model: WarmIsolation) => rows.find((row) => row.isolation === model)?.wanted ?? 0;
  return { schema: of("schema"), database: of("database") };
}

/** How many partitions of a cluster and a model stand how. */
export type WarmCount = {
  readonly cluster: string;
  readonly isolation: WarmIsolation;
  readonly ready: number;
  readonly making: number;
  readonly stale: number;
};

/** Counts the partitions that wait; those that lack a stored migration are stale from the moment it is stored. */
export async function countWarm(tx: PlatformTx): Promise<WarmCount[]> {
  const { rows } = await sql<WarmCount>`
    select c.name as cluster, w.isolation, count(*) filter (where w.state = 'ready' and w.mark = s.mark)::int as ready,
      count(*) filter (where w.state = 'making')::int as making,
      count(*) filter (where w.state = 'stale' or w.state = 'ready' and w.mark <> s.mark)::int as stale
    from platform.warm_partitions w join platform.clusters c on c.id = w.cluster_id
    cross join (select platform.stored_mark() as mark) s
    where w.state <> 'claimed' group by 1, 2 order by 1, 2`.execute(tx);
  return rows;
}

/** Returns the partitions that are no tenant's own yet. */
export async function listUnclaimed(tx: PlatformTx): Promise<TenantId[]> {
  const rows = await tx
    .selectFrom("warm_partitions")
    .select("id")
    .where("state", "<>", "claimed")
    .execute();
  return rows.map((row) => row.id as TenantId);
}

/** Returns the servers that work on partitions of a cluster. */
export async function listHolders(tx: PlatformTx, clusterId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("warm_partitions")
    .select("holder")
    .distinct()
    .where("cluster_id", "=", clusterId)
    .where("holder", "is not", null)
    .execute();
  return rows.flatMap((row) => row.holder ?? []);
}

/**
 * Takes what is to be done next in a cluster; undefined while another works there, or when there is nothing to do.
 * `dead` are servers that are gone: what they worked on is gone on with.
 */
export async function takeWarmWork(
  tx: PlatformTx,
  worker: WarmWorker,
  dead: readonly string[],
): Promise<WarmWork | undefined> {
  const { clusterId, holder, now } = worker;
  // Of two servers the second sees what the first has taken; claims, which only read the cluster, go on.
  await sql`select from platform.clusters where id = ${clusterId} for no key update`.execute(tx);
  await sql`update platform.warm_partitions set state = 'stale'
    where cluster_id = ${clusterId} and state = 'ready' and mark <> platform.stored_mark()`.execute(
    tx,
  );
  const { rows } = await sql<Row>`select id, isolation, state, holder from platform.warm_partitions
    where cluster_id = ${clusterId} and state <> 'claimed' order by id`.execute(tx);
  if (rows.some((row) => row.holder !== null && !dead.includes(row.holder))) return undefined;
  const chosen = chooseWork(rows, worker) ?? (await findAbandoned(tx, clusterId));
  if (chosen === undefined) return undefined;
  const { isolation, task } = chosen;
  const id = chosen.id ?? worker.makeId();
  const state = task === "drop" ? "stale" : "making";
  const { rows: taken } = await sql<{ token: string }>`
    insert into platform.warm_partitions as kept (id, cluster_id, isolation, state, holder, token, created_at)
    values (${id}, ${clusterId}, ${isolation}, ${state}, ${holder}, nextval('platform.fencing_tokens'), ${now})
    on conflict (id) do update set state = excluded.state, holder = excluded.holder, token = excluded.token
    where kept.state <> 'claimed' or ${chosen.isAbandoned === true}
    returning token`.execute(tx);
  const token = taken[0]?.token;
  return token === undefined ? undefined : { id, isolation, task, token };
}

type Row = {
  readonly id: TenantId;
  readonly isolation: WarmIsolation;
  readonly state: "making" | "ready" | "stale";
  readonly holder: string | null;
};

type Chosen = Pick<WarmWork, "isolation" | "task"> & {
  readonly id?: TenantId;
  readonly isAbandoned?: boolean;
};

/** What is half made first, then what is too much, then what is old, then what is lacking. */
function chooseWork(
  rows: readonly Row[],
  { wanted, possible }: Pick<WarmWorker, "wanted" | "possible">,
): Chosen | undefined {
  for (const isolation of ["schema", "database"] as const) {
    const mine = rows.filter((row) => row.isolation === isolation);
    const unready = mine.find((row) => row.state !== "ready");
    const oldest = unready ?? mine[0];
    if (oldest !== undefined && mine.length > wanted[isolation])
      return { id: oldest.id, isolation, task: "drop" };
    if (!possible.includes(isolation)) continue;
    if (unready !== undefined) return { id: unready.id, isolation, task: "make" };
    if (mine.length < wanted[isolation]) return { isolation, task: "make" };
  }
  return undefined;
}

/** One that was claimed for a tenant which ended before it got it. */
async function findAbandoned(tx: PlatformTx, clusterId: string): Promise<Chosen | undefined> {
  const { rows } = await sql<{ id: TenantId; isolation: WarmIsolation }>`
    select w.id, w.isolation from platform.warm_partitions w join platform.tenants t on t.id = w.id
    where w.cluster_id = ${clusterId} and w.state = 'claimed' and t.schema_name is null and t.database_name is null
      and t.status in ('failed', 'deleting', 'archived', 'purged')
      and not exists (select from platform.operations o where o.tenant_id = t.id and o.finished_at is null)
    limit 1 for no key update`.execute(tx);
  const [found] = rows;
  return found && { ...found, task: "drop", isAbandoned: true };
}

/** What came of making a partition. */
export type WarmMade = {
  readonly mark: string;
  readonly place: PartitionPlace;
  readonly incarnation?: string | undefined;
};

/** Lets a partition be handed out; false when another server has taken the work up meanwhile. */
export async function finishWarm(
  tx: PlatformTx,
  { id, token }: Pick<WarmWork, "id" | "token">,
  { mark, place, incarnation }: WarmMade,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("warm_partitions")
    .set({
      state: "ready",
      mark,
      database_name: place.database ?? null,
      schema_name: place.schema ?? null,
      credentials: place.credentials ?? null,
      incarnation: incarnation ?? null,
      holder: null,
      made_at: now,
    })
    .where("id", "=", id)
    .where("token", "=", token)
    .where("state", "=", "making")
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Lets another go on with it, from whatever it is. */
export async function releaseWarm(
  tx: PlatformTx,
  { id, token }: Pick<WarmWork, "id" | "token">,
): Promise<void> {
  await tx
    .updateTable("warm_partitions")
    .set({ holder: null })
    .where("id", "=", id)
    .where("token", "=", token)
    .execute();
}

/** Forgets a partition that is gone, unless another server has taken it up. */
export async function deleteDropped(
  tx: PlatformTx,
  { id, token }: Pick<WarmWork, "id" | "token">,
): Promise<void> {
  await tx
    .deleteFrom("warm_partitions")
    .where("id", "=", id)
    .where("token", "=", token)
    .where("state", "<>", "claimed")
    .execute();
}

const columns = sql`id, isolation, mark, database_name, schema_name, credentials, incarnation, made_at`;

type WarmRow = {
  readonly id: TenantId;
  readonly isolation: WarmIsolation;
  readonly mark: string;
  readonly database_name: string | null;
  readonly schema_name: string | null;
  readonly credentials: string | null;
  readonly incarnation: string | null;
  readonly made_at: Date;
};

function toWarm(row: WarmRow): WarmPartition {
  return {
    id: row.id,
    isolation: row.isolation,
    mark: row.mark,
    place: {
      ...(row.database_name === null ? {} : { database: row.database_name }),
      ...(row.schema_name === null ? {} : { schema: row.schema_name }),
      ...(row.credentials === null ? {} : { credentials: row.credentials }),
    },
    incarnation: row.incarnation ?? undefined,
    madeAt: row.made_at,
  };
}
