// The dry run: what a run would do, and what comes of each file in a scratch partition. Nothing of it stays.
import { assert, isHestiaError, type JsonObject } from "@hestia/core";
import {
  type FleetTarget,
  listFleet,
  listMigrations,
  type MigrationSet,
  migrationFile,
  pathOf,
} from "@hestia/postgres/platform";
import { type Job, type OperationDefinition, step } from "./engine/kinds.ts";
import { readFleet } from "./fleet/ledger.ts";
import { optionsOf } from "./fleet/options.ts";
import { messageOf } from "./fleet/outcomes.ts";
import { type Known, makePlan, type Plan } from "./migrating.ts";
import { store } from "./stored-migrations.ts";

type Tried = { readonly file: string; readonly message?: string; readonly line?: number };

type Trial = { readonly plan: Plan; readonly files: readonly Tried[] };

const tryAll = step<Trial>({
  name: "try in a scratch partition",
  run: async (job) => {
    const { input } = job.origin;
    const known = await withFiles(job, input.files as GivenFiles | undefined);
    const plan = makePlan(known, optionsOf(job.operation, input));
    const { stored } = known;
    const files: Tried[] = [];
    for (const cluster of job.platform.clusters.values()) {
      const own = await cluster.fleet.tryMigrations(stored);
      // What one tenant's own tables take, those of many may not: rows that belong to no tenant.
      const among = await cluster.fleet.tryMigrations(stored, { isShared: true });
      const worse = own.at(-1)?.error === undefined ? among : own;
      files.push(...worse.map(({ file, error }) => triedOf(pathOf(file), error)));
    }
    return { plan, files };
  },
  commit: async (_tx, _job, { plan, files }) => {
    const bad = files.find((each) => each.message !== undefined);
    if (bad !== undefined) return `${bad.file} would fail`;
    return `${plan.total} targets would be brought up`;
  },
  result: ({ plan, files }): JsonObject => ({
    targets: plan.total,
    waves: plan.waves.map(({ name, targets }) => ({
      name,
      count: targets.length,
      targets: targets.slice(0, shownMax).map(targetView),
    })),
    blocked: plan.refused
      .slice(0, shownMax)
      .map(({ target, message }) => ({ ...targetView(target), message })),
    files: files.map((each) => ({ ...each })),
  }),
});

/** The trial of the stored migrations. */
export const trying: OperationDefinition = { kind: "migrations.try", steps: [tryAll] };

type GivenFiles = readonly { set: MigrationSet; name: string; sql: string }[];

/** The fleet as it would be with these files stored, by storing them in a transaction that is taken back. */
async function withFiles(job: Job, given: GivenFiles | undefined): Promise<Known> {
  const { platform, origin } = job;
  const { incarnations } = await readFleet(platform);
  let known: Known | undefined;
  try {
    await platform.db.asPlatform(async (tx) => {
      const files = given?.map(({ set, name, sql }) => migrationFile(set, name, sql));
      if (files !== undefined) await store(tx, { ...origin, platform }, files);
      known = { incarnations, targets: await listFleet(tx), stored: await listMigrations(tx) };
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  assert(known !== undefined, "the transaction was taken back after its last statement");
  return known;
}

class TakenBack extends Error {}

/** Targets of a wave that the result lists. */
const shownMax = 200;

function targetView({ target, slug, missing }: FleetTarget): JsonObject {
  return { target, ...(slug === undefined ? {} : { slug }), files: missing.map(pathOf) };
}

function triedOf(file: string, error: Error | undefined): Tried {
  if (error === undefined) return { file };
  const line = isHestiaError(error) ? (error.details.line as number | undefined) : undefined;
  return { file, message: messageOf(error), ...(line === undefined ? {} : { line }) };
}
