// One process's work on one operation, and its only way of writing: a change is made if this process still has the
// claim, and not at all otherwise.
import { assert, type Operation } from "@hestia/core";
import {
  type Claim,
  type Cluster,
  holdClaim,
  lockClaimed,
  type PlatformTx,
  type StoredOperation,
  type Undoing,
  updateOperation,
} from "@hestia/postgres/platform";
import type { Logger } from "pino";
import { clusterOf, type Platform } from "../platform.ts";
import { ClaimLost, type Job, type OperationDefinition, type Step } from "./kinds.ts";

/** One process's work on one operation. */
export type Run = {
  readonly platform: Platform;
  readonly definition: OperationDefinition;
  readonly claim: Claim;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** No other process will try again: what cannot be reached now counts as failed. */
  readonly lastTry: boolean;
  /** The clusters that it works in, fenced by its claim. */
  readonly clusters: Map<string, Cluster>;
  /** Resolves when the notes of the present step are written. */
  notes: Promise<void>;
};

/** Changes the operation in one transaction, if this process still has the claim; throws ClaimLost otherwise. */
export async function advance(
  run: Run,
  change: (
    tx: PlatformTx,
    stored: StoredOperation,
  ) => Promise<{ operation: Operation; undoing?: Undoing | undefined }>,
): Promise<StoredOperation> {
  return run.platform.db.asPlatform(async (tx) => {
    const stored = await lockClaimed(tx, run.claim);
    if (stored === undefined) throw claimLost(run);
    const { operation, undoing } = await change(tx, stored);
    await updateOperation(tx, operation, undoing);
    return { ...stored, operation, undoing };
  });
}

const claimLost = ({ claim }: Run) => new ClaimLost(`${claim.operationId} was taken up elsewhere`);

/** Returns what a step gets to work with: nothing can be written through it once another process has the operation. */
export function jobOf(run: Run, { operation, origin }: StoredOperation): Job {
  const cluster = (name: string) => fencedCluster(run, operation, name);
  return {
    platform: {
      ...run.platform,
      db: run.platform.db.guarded(async (tx) => {
        if (!(await holdClaim(tx, run.claim))) throw claimLost(run);
      }),
      clusters: new Map([...run.platform.clusters.keys()].map((name) => [name, cluster(name)])),
    },
    operation,
    origin,
    signal: boundSignal(run, operation),
    cluster,
    note: (detail, share) => note(run, detail, share),
  };
}

/** Aborted at the deadline too: whoever takes the operation up then finds it overdue. */
function boundSignal({ signal, platform }: Run, { deadlineAt }: Operation): AbortSignal {
  if (deadlineAt === undefined) return signal;
  const leftMs = Math.max(deadlineAt.getTime() - platform.now().getTime(), 0);
  return AbortSignal.any([signal, AbortSignal.timeout(Math.min(leftMs, 2 ** 31 - 1))]);
}

function fencedCluster(run: Run, { id, tenantId }: Operation, name: string): Cluster {
  const known = run.clusters.get(name);
  if (known !== undefined) return known;
  const fence = { subject: tenantId ?? id, token: run.claim.token };
  const cluster = clusterOf(run.platform, name).fenced(fence);
  run.clusters.set(name, cluster);
  return cluster;
}

// Notes are for people: one that cannot be written is no reason to fail, and the next write says more anyway.
function note(run: Run, detail: string, share?: number): Promise<void> {
  run.notes = run.notes
    .then(
      async () =>
        void (await advance(run, async (_tx, { operation }) => noted(operation, detail, share))),
    )
    .catch((error: unknown) => run.log.debug({ err: error }, "a note was not written"));
  return run.notes;
}

function noted(operation: Operation, detail: string, share?: number) {
  const steps = operation.steps.map((step) =>
    step.status === "running" ? { ...step, detail, share } : step,
  );
  return { operation: { ...operation, steps } };
}

/** Returns the definition of a step. */
export function stepOf(definition: OperationDefinition, name: string): Step {
  const found = definition.steps.find((step) => step.name === name);
  assert(found !== undefined, `${definition.kind} has no step ${name}`);
  return found;
}
