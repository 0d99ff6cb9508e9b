// A run as it can be looked at, by whichever server: whom its waves fall on follows from its options, and how far they are
// from the ledger. No targets are asked.
import { type MigrationRunView, operationView } from "@hestia/api";
import { cutIntoWaves, HestiaError, isFinished, type OperationId, stateWaves } from "@hestia/core";
import {
  type FailedTarget,
  type FleetTarget,
  findOperation,
  listFailedTargets,
  listFleet,
} from "@hestia/postgres/platform";
import { bringUp } from "../migrating.ts";
import type { Platform } from "../platform.ts";
import { optionsOf } from "./options.ts";

const failuresShownMax = 100;

/** Returns a run wave by wave; throws `operation_not_found`. */
export async function readRun(
  { db, engine, now }: Platform,
  operationId: OperationId,
): Promise<MigrationRunView> {
  const { stored, fleet, failures } = await db.asPlatform(async (tx) => ({
    stored: await findOperation(tx, operationId),
    fleet: await listFleet(tx),
    failures: await listFailedTargets(tx, { limit: failuresShownMax }),
  }));
  if (stored?.operation.kind !== bringUp.kind) throw new HestiaError("operation_not_found");
  const { operation, origin } = stored;
  const { seed, waves: percents, canary, ...options } = optionsOf(operation, origin.input);
  const targets = fleet.filter((each) => each.isolation !== undefined);
  const cut = cutIntoWaves(targets, { seed, canary: new Set(canary), percents });
  const waveOf = new Map(cut.flatMap(({ name, targets: all }) => all.map((t) => [t.target, name])));
  const next = operation.result?.next;
  const end = {
    isFinished: isFinished(operation),
    next: typeof next === "string" ? next : undefined,
  };
  return {
    operation: operationView(operation, await engine.estimate(operation, now())),
    options: { ...options, waves: [...percents], canary: [...canary] },
    waves: stateWaves(
      cut.map(({ name, targets: all }) => ({ name, ...countWave(all) })),
      end,
    ),
    failures: failures.map((each) => {
      const wave = waveOf.get(each.target);
      return { ...failureView(each), ...(wave === undefined ? {} : { wave }) };
    }),
  };
}

function countWave(targets: readonly FleetTarget[]) {
  const counts = { current: 0, blocked: 0, deferred: 0, waiting: 0 };
  for (const target of targets) counts[standingOf(target)] += 1;
  return { targets: targets.length, ...counts };
}

function standingOf({ blockedBy, changed, failed, missing }: FleetTarget) {
  if (blockedBy !== undefined || changed !== undefined) return "blocked";
  if (missing.length === 0) return "current";
  return failed === undefined ? "waiting" : "deferred";
}

/** A target that failed, as it crosses the wire. */
export function failureView({ at, slug, line, ...rest }: FailedTarget) {
  return {
    ...rest,
    ...(slug === undefined ? {} : { slug }),
    ...(line === undefined ? {} : { line }),
    failedAt: at.toISOString(),
  };
}
