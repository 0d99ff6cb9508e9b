// Doing all steps of an operation together, where its kind can and nothing has been done yet. Whatever comes in between, the
// steps are done one by one instead: they say best what is wrong, and each can be repeated.
import {
  isOverdue,
  nextStep,
  type Operation,
  startAllSteps,
  startOneStep,
  succeedAllSteps,
} from "@hestia/core";
import {
  endClaimed,
  FenceLost,
  type PlatformTx,
  type StoredOperation,
} from "@hestia/postgres/platform";
import { ClaimLost } from "./kinds.ts";
import { advance, jobOf, type Run } from "./run.ts";

/** What came of it: the operation's end, or what there is to be done step by step. */
export type Tried = { readonly stored: StoredOperation; readonly ended?: Operation };

/** Tries it; throws only where another process has the operation. */
export async function tryAtOnce(run: Run, stored: StoredOperation, known: unknown): Promise<Tried> {
  const { atOnce } = run.definition;
  if (atOnce === undefined || !isUntouched(run, stored.operation)) return { stored };
  const job = jobOf(run, stored);
  try {
    const found = known ?? (await atOnce.find(job));
    if (found === undefined) return { stored: await begunOne(run, stored) };
    const begun = await begunAll(run, stored);
    await atOnce.run?.(job, found);
    const write = async (tx: PlatformTx) => {
      const details = await atOnce.commit(tx, job, found);
      if (details === undefined) throw new NotAtOnce();
      const now = run.platform.now();
      const operation = succeedAllSteps(begun.operation, { now, details });
      if (!(await endClaimed(tx, run.claim, operation))) throw new NotAtOnce();
      return operation;
    };
    const ended = await run.platform.db.asPlatform(write, { quiet: true });
    run.platform.engine.tell(ended.id);
    run.log.info("operation succeeded");
    return { stored, ended };
  } catch (error) {
    if (error instanceof ClaimLost || error instanceof FenceLost) throw error;
    run.log.info({ err: error }, "not done at once; going on step by step");
    return { stored };
  }
}

class NotAtOnce extends Error {
  override readonly name = "NotAtOnce";
}

function isUntouched({ signal, platform }: Run, operation: Operation): boolean {
  const isFirst = operation.steps[0]?.name === nextStep(operation)?.name;
  const isWanted = operation.cancelRequestedAt === undefined;
  return isFirst && isWanted && !signal.aborted && !isOverdue(operation, platform.now());
}

// Nothing was done: the steps that wait are shown as waiting.
async function begunOne(run: Run, stored: StoredOperation): Promise<StoredOperation> {
  if (countBegun(stored) === 1) return stored;
  return advance(run, async (_tx, { operation }) => ({ operation: startOneStep(operation) }));
}

// Whoever finds it half done has to know what may have been done.
async function begunAll(run: Run, stored: StoredOperation): Promise<StoredOperation> {
  if (countBegun(stored) === stored.operation.steps.length) return stored;
  const now = run.platform.now();
  return advance(run, async (_tx, { operation }) => ({ operation: startAllSteps(operation, now) }));
}

const countBegun = ({ operation }: StoredOperation) =>
  operation.steps.filter(({ status }) => status === "running").length;
