// Taking an operation back: why is written first, so that whoever takes it up after a crash goes on undoing; then the
// steps that were begun, the last first; then the operation's end. What stays behind is nothing.
import {
  failStep,
  finishCancel,
  finishStep,
  HestiaError,
  isHestiaError,
  isOverdue,
  type Operation,
  type OperationFailure,
} from "@hestia/core";
import { FenceLost, type StoredOperation, type Undoing } from "@hestia/postgres/platform";
import { ClaimLost, LetGo, NoLongerWanted } from "./kinds.ts";
import { isTransient, patiently } from "./patience.ts";
import { advance, jobOf, type Run, stepOf } from "./run.ts";

/** Returns why to undo, or throws the error on when the operation has to be taken up again instead. */
export async function causeOfUndoing(
  run: Run,
  thrown: unknown,
  { operation, step }: { readonly operation: Operation; readonly step: string | undefined },
): Promise<Undoing> {
  if (thrown instanceof ClaimLost || thrown instanceof FenceLost) throw thrown;
  // Whatever a step that was told to stop says of it.
  const error = isOverdue(operation, run.platform.now())
    ? new HestiaError("operation_timed_out", {}, { cause: thrown })
    : thrown;
  if (error instanceof LetGo) throw error;
  if (error instanceof NoLongerWanted) return { cancelled: true };
  if (step === undefined || (isTransient(error) && !run.lastTry)) throw error;
  run.log.warn({ err: error, step }, "step failed");
  return { step, error: failureOf(error) };
}

/** Undoes the steps that were begun and ends the operation as failed or as cancelled. */
export async function undoSteps(run: Run, undoing: Undoing): Promise<void> {
  await run.notes;
  let current = await advance(run, async (_tx, { operation }) => ({
    operation: explained(operation, undoing),
    undoing,
  }));
  for (const name of toUndo(run, current.operation))
    current = await undoStep(run, current, name, undoing);
  await advance(run, async (tx, latest) => {
    const operation = ended(latest.operation, undoing, run.platform.now());
    const job = { platform: run.platform, origin: latest.origin, operation };
    if ("cancelled" in undoing) await run.definition.onCancelled?.(tx, job);
    else await run.definition.onFailed?.(tx, job, undoing.error);
    return { operation };
  });
  run.log.warn({ undoing }, `operation ${"cancelled" in undoing ? "cancelled" : "failed"}`);
}

async function undoStep(
  run: Run,
  stored: StoredOperation,
  name: string,
  undoing: Undoing,
): Promise<StoredOperation> {
  const step = stepOf(run.definition, name);
  const job = jobOf(run, stored);
  await patiently(run, async () => step.undo?.(job));
  return advance(run, async (tx, { operation }) => {
    await step.uncommit?.(tx, job);
    const now = run.platform.now();
    const detail = operation.steps.find((each) => each.name === name)?.detail;
    return { operation: finishStep(operation, name, { now, detail, status: "undone" }), undoing };
  });
}

/** The names of the steps that were begun and can be undone, the last first. */
function toUndo(run: Run, operation: Operation): string[] {
  return operation.steps
    .filter(({ status }) => status !== "pending" && status !== "undone" && status !== "skipped")
    .map((step) => step.name)
    .filter((name) => {
      const step = stepOf(run.definition, name);
      return step.undo !== undefined || step.uncommit !== undefined;
    })
    .reverse();
}

function explained(operation: Operation, undoing: Undoing): Operation {
  if ("cancelled" in undoing) return operation;
  const steps = operation.steps.map((step) =>
    step.name === undoing.step ? { ...step, detail: undoing.error.message } : step,
  );
  return { ...operation, steps };
}

function ended(operation: Operation, undoing: Undoing, now: Date): Operation {
  if (!("cancelled" in undoing)) {
    const failed = failStep(operation, undoing.step, { now, error: undoing.error });
    // Steps that were begun together with it, and have nothing to undo.
    const steps = failed.steps.map((step) =>
      step.status === "running" ? { name: step.name, status: "pending" as const } : step,
    );
    return { ...failed, steps };
  }
  const steps = operation.steps.map((step) =>
    step.status === "running" ? { ...step, status: "undone" as const, finishedAt: now } : step,
  );
  return finishCancel({ ...operation, steps }, now);
}

// What is not one of the table's errors may tell of the inside: the log has it.
function failureOf(error: unknown): OperationFailure {
  return isHestiaError(error) && error.kind !== "internal"
    ? { code: error.code, message: error.message }
    : { code: "internal", message: "Something went wrong inside; the log has the details." };
}
