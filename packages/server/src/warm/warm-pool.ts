// Partitions made ahead, so that a tenant with a schema or a database of its own is made as quickly as any other. Of each
// cluster one server fills at a time; what it leaves behind when it dies the next one finds by its row and goes on with.
// Invariant: a partition is handed out only with all stored migrations, proven, and once.
import { setTimeout as delay } from "node:timers/promises";
import { isHestiaError, limits, makeId, type TenantId } from "@hestia/core";
import {
  type Cluster,
  countWanted,
  deleteDropped,
  FenceLost,
  finishWarm,
  getCluster,
  listHolders,
  listMigrations,
  listNames,
  type NamedMigration,
  releaseWarm,
  storedMark,
  takeWarmWork,
  type WarmIsolation,
  type WarmWork,
} from "@hestia/postgres/platform";
import { LetGo } from "../engine/kinds.ts";
import { isTransient } from "../engine/patience.ts";
import { incarnationOfDatabase } from "../fleet/ledger.ts";
import { defaultCluster, type Platform } from "../platform.ts";
import { CommonParts } from "./common-part.ts";

const lookMs = 2_000;
const pauseMsMax = 60_000;
/** How long nobody has to have signed up before more is made, and how long that is waited for. */
const quietMs = { least: 300, most: 1_000 };

/** The filling of the clusters by one server. */
export class WarmPool {
  /** What shared tenants find there. */
  readonly common = new CommonParts();
  readonly #stopping = new AbortController();
  #life: Promise<unknown> = Promise.resolve();
  #woken = Promise.withResolvers<void>();
  #takenAt = Number.NEGATIVE_INFINITY;

  /** Begins to fill, and goes on until it is stopped. */
  start(platform: Platform): void {
    this.#life = Promise.all(
      [...platform.clusters.values()].map((cluster) => this.#keepFilled(platform, cluster)),
    );
  }

  /** Tells that a partition may have been taken, so that nobody waits for the next look. */
  wake(): void {
    this.#takenAt = performance.now();
    this.#woken.resolve();
  }

  /** Lets what is being made come to the end of its file; the rest is done by whoever comes next. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#life;
  }

  async #keepFilled(platform: Platform, cluster: Cluster): Promise<void> {
    const { signal } = this.#stopping;
    let failure: Failure | undefined;
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers();
      const woken = this.#woken.promise;
      const did = await fillOnce(platform, cluster, { signal, failure }).catch(
        (error: unknown): Did => {
          platform.log.warn({ err: error }, "the warm partitions could not be looked after");
          return "nothing";
        },
      );
      failure = typeof did === "object" ? did : did === "something" ? undefined : failure;
      if (did !== "something")
        await Promise.race([woken, delay(lookMs, undefined, { signal }).catch(() => {})]);
      await this.#untilQuiet();
    }
  }

  // What is made takes processor time from those who sign up at this moment; while they keep coming it goes on, slowly.
  async #untilQuiet(): Promise<void> {
    const { signal } = this.#stopping;
    const until = performance.now() + quietMs.most;
    for (;;) {
      const leftMs = Math.min(this.#takenAt + quietMs.least, until) - performance.now();
      if (leftMs <= 0 || signal.aborted) return;
      await delay(leftMs, undefined, { signal }).catch(() => {});
    }
  }
}

/** Why the last attempt failed: until then, or until other migrations are stored, nothing is made. */
type Failure = { readonly mark: string; readonly until: number; readonly pauseMs: number };
type Did = "something" | "nothing" | Failure;

type Filling = { readonly signal: AbortSignal; readonly failure: Failure | undefined };

async function fillOnce(platform: Platform, cluster: Cluster, filling: Filling): Promise<Did> {
  const { db } = platform;
  const { holder } = platform.engine;
  if (holder === "") return "nothing";
  const { clusterId, mark, shared, wanted, holders } = await db.asPlatform(async (tx) => {
    const { id } = await getCluster(tx, cluster.name);
    return {
      clusterId: id,
      mark: await storedMark(tx),
      shared: (await listNames(tx)).filter(({ set }) => set === "shared"),
      wanted: await wantedIn(cluster, () => countWanted(tx, limits.warmPartitionsMax)),
      holders: await listHolders(tx, id),
    };
  });
  const { failure } = filling;
  const isPaused = failure?.mark === mark && performance.now() < failure.until;
  const dead = await whoIsDead(platform, holders);
  const possible = isPaused ? [] : await possibleIn(cluster, shared, wanted);
  const now = platform.now();
  const makeTenantId = () => makeId<TenantId>(now);
  const worker = { clusterId, holder, wanted, possible, makeId: makeTenantId, now };
  const work = await db.asPlatform((tx) => takeWarmWork(tx, worker, dead));
  if (work === undefined) return "nothing";
  return doWork(platform, cluster, { ...filling, work, mark });
}

/** New tenants are placed in one cluster; in the others nothing is kept ready. */
async function wantedIn(
  { name }: Cluster,
  count: () => Promise<Record<WarmIsolation, number>>,
): Promise<Record<WarmIsolation, number>> {
  return name === defaultCluster ? count() : { schema: 0, database: 0 };
}

async function whoIsDead(
  { engine }: Platform,
  holders: readonly string[],
): Promise<readonly string[]> {
  const held = await Promise.all(holders.map((each) => engine.isHeld(each)));
  return holders.filter((_, index) => held[index] !== true);
}

/**
 * A schema needs the shared set as its files have it. That is brought up by a run of migrations or with the next tenant, not
 * here: what others are served from is not changed because somebody stored a file.
 */
async function possibleIn(
  cluster: Cluster,
  shared: readonly NamedMigration[],
  wanted: Readonly<Record<WarmIsolation, number>>,
): Promise<WarmIsolation[]> {
  if (wanted.schema === 0) return ["database"];
  const applied = await cluster.ledger(["shared"]);
  const isCurrent = shared.every(({ name, checksum }) =>
    applied.some((row) => row.name === name && row.checksum === checksum),
  );
  return isCurrent ? ["schema", "database"] : ["database"];
}

type Doing = Filling & { readonly work: WarmWork; readonly mark: string };

async function doWork(platform: Platform, cluster: Cluster, doing: Doing): Promise<Did> {
  const { db, log, now } = platform;
  const { work, mark, signal, failure } = doing;
  const fenced = cluster.fenced({ subject: work.id, token: work.token });
  try {
    if (work.task === "drop") await drop(platform, fenced, work);
    else {
      const made = await make(platform, fenced, doing);
      await db.asPlatform((tx) => finishWarm(tx, work, made, now()));
    }
    return "something";
  } catch (error) {
    if (error instanceof FenceLost) return "nothing";
    const isLate = error instanceof LetGo || signal.aborted;
    if (!isLate) log.warn({ err: error, id: work.id }, "a partition could not be made ahead");
    // What failed for good is not left lying there; what was only interrupted is gone on with.
    const isOver = !isLate && !isTransient(error) && work.task === "make";
    if (isOver) await drop(platform, fenced, work).catch(() => {});
    await db.asPlatform((tx) => releaseWarm(tx, work)).catch(() => {});
    const pauseMs = Math.min((failure?.pauseMs ?? lookMs / 2) * 2, pauseMsMax);
    return { mark, pauseMs, until: performance.now() + pauseMs };
  }
}

async function make({ db }: Platform, cluster: Cluster, { work, signal }: Doing) {
  const { id, isolation } = work;
  const { mark, files } = await db.asPlatform(async (tx) => ({
    mark: await storedMark(tx),
    files: await listMigrations(tx),
  }));
  const onFile = () => {
    if (signal.aborted) throw new LetGo("this process is stopping");
  };
  const tenant = { id, isolation };
  const makeIt = async () => {
    const place = await cluster.makePartition(tenant);
    await cluster.migratePartition(tenant, files, onFile);
    await cluster.verifyPartition(tenant);
    return { mark, place, incarnation: await incarnationOfDatabase(cluster, place.database) };
  };
  return makeIt().catch(async (error: unknown) => {
    if (!isHestiaError(error, "migration_changed") && !isHestiaError(error, "migration_missing"))
      throw error;
    // It has what was corrected or withdrawn since.
    await cluster.dropPartition(tenant);
    return makeIt();
  });
}

async function drop({ db }: Platform, cluster: Cluster, work: WarmWork): Promise<void> {
  await cluster.dropPartition({ id: work.id, isolation: work.isolation });
  await db.asPlatform((tx) => deleteDropped(tx, work));
}
