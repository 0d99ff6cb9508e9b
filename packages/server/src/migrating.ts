// Bringing the fleet up to the stored migrations: in waves, several targets beside each other. One that fails is noted and
// gets nothing further; the others go on until too many of a wave have failed. What is done the ledgers know, so a step
// that is called again does the rest.
import { setTimeout as delay } from "node:timers/promises";
import { cutIntoWaves, HestiaError, isHestiaError, type JsonObject, type Wave } from "@hestia/core";
import {
  type Cluster,
  checkOrder,
  clearFailures,
  type FleetJob,
  type FleetOutcome,
  type FleetTarget,
  listMigrations,
  type MigrationFile,
  pathOf,
  recordOutcomes,
} from "@hestia/postgres/platform";
import { type Job, LetGo, NoLongerWanted, type OperationDefinition, step } from "./engine/kinds.ts";
import { isTransient } from "./engine/patience.ts";
import { type Fleet, placeOf, readFleet, sharedTargetOf } from "./fleet/ledger.ts";
import { optionsOf, type RunOptions } from "./fleet/options.ts";
import { isCancelled, messageOf, Outcomes } from "./fleet/outcomes.ts";
import { clusterOf } from "./platform.ts";

const sharedSets = step({
  name: "shared migrations",
  run: async (job) => {
    const files = await job.platform.db.asPlatform(listMigrations);
    for (const cluster of job.platform.clusters.values()) await bringShared(job, cluster, files);
  },
});

// The first failure ends the step: what tenants' tables refer to has to be there first.
async function bringShared(
  { platform }: Job,
  cluster: Cluster,
  files: readonly MigrationFile[],
): Promise<void> {
  const target = sharedTargetOf(cluster.name);
  const now = platform.now();
  try {
    const { applied } = await cluster.migrateShared(files);
    const done = files.filter((file) => file.set === "shared" && applied.includes(file.name));
    const entries = done.map(({ set, name, checksum }) => ({
      target,
      set,
      name,
      checksum,
      durationMs: 0,
    }));
    await platform.db.asPlatform((tx) => recordOutcomes(tx, { applied: entries, failed: [] }, now));
  } catch (error) {
    if (isTransient(error)) throw error;
    const path = isHestiaError(error) ? error.details.file : undefined;
    const file = files.find((each) => pathOf(each) === path);
    if (file !== undefined) {
      const { set, name, checksum } = file;
      const failure = { target, set, name, checksum, error: messageOf(error), blocks: false };
      await platform.db.asPlatform((tx) =>
        recordOutcomes(tx, { applied: [], failed: [failure] }, now),
      );
    }
    throw isHestiaError(error) ? error : new HestiaError("internal", {}, { cause: error });
  }
}

/** What a run of the partitions came to. */
type Ended = {
  readonly done: number;
  readonly failed: number;
  readonly waves: readonly { name: string; targets: number }[];
  /** The wave that somebody has to let go on. */
  readonly next?: string | undefined;
};

const partitions = step<Ended>({
  name: "partitions",
  run: (job) => bringPartitions(job, optionsOf(job.operation, job.origin.input)),
  commit: async (_tx, _job, { done, next }) => {
    const said = done === 1 ? "1 target was brought up" : `${done} targets were brought up`;
    return next === undefined ? said : `${said}; the wave "${next}" waits to be continued`;
  },
  result: ({ done, failed, waves, next }): JsonObject => ({
    targets: done,
    failed,
    waves,
    ...(next === undefined ? {} : { next }),
  }),
});

/** The bringing of every partition up to the stored migrations. */
export const bringUp: OperationDefinition = {
  kind: "migrations.up",
  steps: [sharedSets, partitions],
  onRetried: async (tx) => void (await clearFailures(tx)),
};

async function bringPartitions(
  job: Job,
  options: RunOptions & { readonly seed: string },
): Promise<Ended> {
  const fleet = await readFleet(job.platform);
  const stored = await job.platform.db.asPlatform(listMigrations);
  const plan = makePlan({ ...fleet, stored }, options);
  const outcomes = new Outcomes(job, plan);
  const did: Ended["waves"][number][] = [];
  for (const [index, wave] of plan.waves.entries()) {
    if (index > 0) {
      if (options.hold) return { ...counted(outcomes), waves: did, next: wave.name };
      await pause(job, options.pauseSeconds, wave.name);
    }
    await runWave(job, { plan, options, outcomes }, wave);
    did.push({ name: wave.name, targets: wave.targets.length });
    if (isTooMuch(outcomes, wave, options)) throw incomplete(plan, outcomes, wave.name);
  }
  if (outcomes.failed.length + plan.refused.length > 0) throw incomplete(plan, outcomes);
  return { ...counted(outcomes), waves: did };
}

const counted = ({ done, failed }: Outcomes) => ({ done, failed: failed.length });

/** What there is to do, in waves; nothing in it is current. */
export type Plan = {
  readonly waves: readonly Wave<FleetTarget>[];
  readonly total: number;
  readonly files: ReadonlyMap<string, MigrationFile>;
  readonly stored: readonly MigrationFile[];
  readonly incarnations: ReadonlyMap<string, string | undefined>;
  /** Targets that an earlier failure or a changed file keeps from everything. */
  readonly refused: readonly { readonly target: FleetTarget; readonly message: string }[];
};

/** What a plan is made from. */
export type Known = Fleet & { readonly stored: readonly MigrationFile[] };

/** Finds out what a run would do. */
export function makePlan(
  { targets: all, incarnations, stored }: Known,
  options: RunOptions & { readonly seed: string },
): Plan {
  const targets = all.filter((each) => each.isolation !== undefined);
  const refused = targets.flatMap((target) => {
    const message = refusalOf(target);
    return message === undefined ? [] : [{ target, message }];
  });
  const kept = new Set(refused.map(({ target }) => target));
  // The waves are cut from the whole fleet, so that they stay what they are while it is worked through.
  const waves = cutIntoWaves(targets, {
    seed: options.seed,
    canary: new Set(options.canary),
    percents: options.waves,
  }).map(({ name, targets: members }) => ({
    name,
    targets: members.filter((each) => each.missing.length > 0 && !kept.has(each)),
  }));
  return {
    waves: waves.filter((wave) => wave.targets.length > 0),
    total: waves.reduce((sum, wave) => sum + wave.targets.length, 0),
    files: new Map(stored.map((file) => [pathOf(file), file])),
    stored,
    incarnations: new Map(
      targets.map((each) => [each.target, incarnations.get(each.database ?? "")]),
    ),
    refused,
  };
}

function refusalOf({ blockedBy, changed, missing, version }: FleetTarget): string | undefined {
  if (changed !== undefined)
    return new HestiaError("migration_changed", { file: pathOf(changed) }).message;
  if (blockedBy !== undefined)
    return `${pathOf(blockedBy)} failed there before; correct the file, or let it be tried again.`;
  if (version === undefined) return undefined;
  try {
    checkOrder(missing, [{ set: "tenant", name: version }]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

type Running = {
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly outcomes: Outcomes;
};

async function runWave(job: Job, running: Running, wave: Wave<FleetTarget>): Promise<void> {
  const { plan, options, outcomes } = running;
  const { platform, signal } = job;
  outcomes.beginWave(wave.name, new Map(wave.targets.map((e) => [e.target, e.missing.length])));
  outcomes.watch();
  const clusters = Map.groupBy(wave.targets, (each) => each.cluster);
  const runs = [...clusters].map(([name, targets]) =>
    clusterOf(platform, name).fleet.migrate(
      targets.map((each) => jobOf(each, plan.files)),
      {
        sessions: platform.config.migrationSessions,
        patience: {
          lockTimeoutMs: platform.config.migrationLockMs,
          statementTimeoutMs: platform.config.migrationStatementMs,
          ...retries,
        },
        stored: plan.stored,
        onOutcomes: (each: readonly FleetOutcome[]) => outcomes.add(each),
        isOver: () => outcomes.isOver || isTooMuch(outcomes, wave, options),
      },
    ),
  );
  const ended = await Promise.allSettled(runs);
  await outcomes.finish();
  const failure = ended.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  if (signal.aborted) throw new LetGo("this process is stopping");
  if (outcomes.isCancelled) throw new NoLongerWanted("cancelled");
}

/** A target that others hold is tried again as often as this, behind all others of its wave. */
const retries = { attempts: 6, pauseMs: 250 };

function jobOf(target: FleetTarget, files: Plan["files"]): FleetJob {
  const { database, tenantId } = target;
  return {
    target: target.target,
    place: placeOf(target),
    database,
    tenantId,
    files: target.missing.flatMap((each) => files.get(pathOf(each)) ?? []),
  };
}

function isTooMuch(
  { waveFailed }: Outcomes,
  { targets }: Wave<FleetTarget>,
  { stopOnError, errorRateMax }: RunOptions,
): boolean {
  if (waveFailed === 0) return false;
  return stopOnError || waveFailed / targets.length > errorRateMax;
}

async function pause(job: Job, seconds: number, next: string): Promise<void> {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const left = Math.ceil((until - performance.now()) / 1000);
    await job.note(`the wave "${next}" begins in ${left} s`);
    await delay(Math.min(1_000, until - performance.now()), undefined, {
      signal: job.signal,
    }).catch(() => {});
    if (job.signal.aborted) throw new LetGo("this process is stopping");
    if (await isCancelled(job.platform, job.operation)) throw new NoLongerWanted("cancelled");
  }
}

function incomplete(plan: Plan, { failed, done }: Outcomes, stoppedIn?: string): HestiaError {
  const slugs = new Map(
    plan.waves.flatMap((wave) => wave.targets).map((each) => [each.target, each.slug]),
  );
  const first = failed[0] ?? {
    target: plan.refused[0]?.target.slug ?? plan.refused[0]?.target.target ?? "",
    message: plan.refused[0]?.message ?? "",
  };
  const numbers = [
    ...(plan.total > 0 ? [`${failed.length} of ${plan.total} targets failed`] : []),
    ...(plan.refused.length > 0
      ? [`${plan.refused.length} ${plan.refused.length === 1 ? "is" : "are"} blocked`]
      : []),
    `${done} were brought up`,
  ].join(", ");
  const stopped = stoppedIn === undefined ? "" : ` The run stopped in the wave "${stoppedIn}".`;
  const name = slugs.get(first.target) ?? first.target;
  const problem = `${numbers}; the first is ${name}: ${first.message}${stopped}`;
  return new HestiaError("migrations_incomplete", { problem });
}
