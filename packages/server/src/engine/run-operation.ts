// One run of an operation: take it up, do its steps from the first that is not done, write each step's end. Every write
// checks the claim, so that of two processes that believe they run it only the later one's words count.
import {
  finishStep,
  HestiaError,
  isOverdue,
  nextStep,
  type Operation,
  type OperationId,
  startOperation,
  startStep,
  succeedOperation,
} from "@hestia/core";
import {
  type Claim,
  claimOperation,
  type PlatformTx,
  type StoredOperation,
  updateOperation,
} from "@hestia/postgres/platform";
import { tenantLog } from "../platform.ts";
import { tryAtOnce } from "./at-once.ts";
import { LetGo, NoLongerWanted, type OperationDefinition } from "./kinds.ts";
import { patiently } from "./patience.ts";
import { advance, jobOf, type Run, stepOf } from "./run.ts";
import { causeOfUndoing, undoSteps } from "./undo-operation.ts";

/** What a run is started with. */
export type RunOptions = Pick<Run, "platform" | "signal" | "lastTry"> & {
  readonly definitions: ReadonlyMap<string, OperationDefinition>;
};

/** Runs an operation to its end, be it a good one; throws when it has to be taken up again. */
export async function runOperation(operationId: OperationId, options: RunOptions): Promise<void> {
  const { platform, definitions, signal, lastTry } = options;
  const taken = await platform.db.asPlatform((tx) => takeUp(tx, operationId, platform.now()));
  if (taken === undefined) return;
  const { kind } = taken.stored.operation;
  const definition = definitions.get(kind);
  if (definition === undefined) throw new Error(`this server does not know ${kind}`);
  await runTaken(taken, definition, { platform, signal, lastTry });
}

/** An operation that this process has taken up. */
export type Taken = {
  readonly claim: Claim;
  readonly stored: StoredOperation;
  /** What doing all steps at once needs to know, where that is known already. */
  readonly known?: unknown;
};

/**
 * Runs an operation that was taken up to its end; returns it as it then is, where it succeeded. With `onlyAtOnce` it throws
 * `LetGo` where its steps cannot be done at once: what takes longer, such as the dropping of a database, is the queue's.
 */
export async function runTaken(
  { claim, stored, known }: Taken,
  definition: OperationDefinition,
  { onlyAtOnce = false, ...options }: RunHow,
): Promise<Operation | undefined> {
  const { id: operationId, kind, tenantId } = stored.operation;
  const log = tenantLog(options.platform.log, tenantId).child({ operationId, kind });
  const run: Run = {
    ...options,
    definition,
    claim,
    log,
    clusters: new Map(),
    notes: Promise.resolve(),
  };
  if (stored.undoing !== undefined) {
    await undoSteps(run, stored.undoing);
    return undefined;
  }
  log.info("operation taken up");
  const { stored: left, ended } = await tryAtOnce(run, stored, known);
  if (ended === undefined && onlyAtOnce) throw new LetGo("its steps cannot be done at once");
  return ended ?? doSteps(run, left);
}

type RunHow = Pick<Run, "platform" | "signal" | "lastTry"> & { readonly onlyAtOnce?: boolean };

async function takeUp(tx: PlatformTx, operationId: OperationId, now: Date) {
  const taken = await claimOperation(tx, operationId);
  if (taken === undefined || taken.stored.undoing !== undefined) return taken;
  const operation = startNext(startOperation(taken.stored.operation), now);
  await updateOperation(tx, operation);
  return { claim: taken.claim, stored: { ...taken.stored, operation } };
}

async function doSteps(run: Run, taken: StoredOperation): Promise<Operation | undefined> {
  let stored = taken;
  while (stored.operation.status === "running") {
    const at = nextStep(stored.operation);
    try {
      stored = await (at === undefined ? succeed(run) : doStep(run, stored, at.name));
    } catch (error) {
      const undoing = await causeOfUndoing(run, error, {
        operation: stored.operation,
        step: at?.name,
      });
      await undoSteps(run, undoing);
      return undefined;
    }
  }
  run.log.info("operation succeeded");
  return stored.operation;
}

/** Does one step, and writes its end together with the start of the next. */
async function doStep(run: Run, stored: StoredOperation, name: string): Promise<StoredOperation> {
  if (run.signal.aborted) throw new LetGo("this process is stopping");
  if (stored.operation.cancelRequestedAt !== undefined) throw new NoLongerWanted("cancelled");
  if (isOverdue(stored.operation, run.platform.now())) throw new HestiaError("operation_timed_out");
  const step = stepOf(run.definition, name);
  const job = jobOf(run, stored);
  const result = await patiently(run, async () => step.run?.(job));
  await run.notes;
  return advance(run, async (tx, current) => {
    // After the last step nobody would look again: what it has to write is not written, and all is undone.
    if (isLast(current.operation, name) && current.operation.cancelRequestedAt !== undefined)
      throw new NoLongerWanted("cancelled");
    const detail = await step.commit?.(tx, { ...job, operation: current.operation }, result);
    const now = run.platform.now();
    const done = finishStep(current.operation, name, { now, detail });
    const told = step.result?.(result);
    return { operation: endOrNext(told === undefined ? done : { ...done, result: told }, now) };
  });
}

const isLast = ({ steps }: Operation, name: string): boolean => steps.at(-1)?.name === name;

// An operation whose cancelling was asked for goes no further; the loop finds that out.
function endOrNext(operation: Operation, now: Date): Operation {
  if (nextStep(operation) === undefined) return succeedOperation(operation, { now });
  return operation.cancelRequestedAt === undefined ? startNext(operation, now) : operation;
}

function startNext(operation: Operation, now: Date): Operation {
  const next = nextStep(operation);
  return next === undefined ? operation : startStep(operation, next.name, now);
}

// A process may have died between the last step's end and this one's start only in operations of other versions.
async function succeed(run: Run): Promise<StoredOperation> {
  return advance(run, async (_tx, { operation }) => ({
    operation: succeedOperation(operation, { now: run.platform.now() }),
  }));
}
