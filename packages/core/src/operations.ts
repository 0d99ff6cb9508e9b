// Operations: long work in visible steps. The transitions are pure; progress follows from the steps,
// a finished operation changes only by a retry, and a step may start again after its process died.
import { assert } from "./assert.ts";
import { HestiaError } from "./errors.ts";
import type { OperationId, TenantId } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** The states of an operation. */
export const operationStatuses = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
/** One state of an operation. */
export type OperationStatus = (typeof operationStatuses)[number];

/** The states of a step; `undone` is a step whose work was taken back. */
export const stepStatuses = [
  "pending",
  "running",
  "succeeded",
  "failed",
  "skipped",
  "undone",
] as const;
/** One state of a step. */
export type StepStatus = (typeof stepStatuses)[number];

/** The kinds of operation; the union is open, since later slices add their own. */
export type OperationKind =
  | "tenant.provision"
  | "tenant.delete"
  | "migrations.up"
  | "migrations.try"
  | "migrations.drift"
  | "isolation.check"
  | (string & Record<never, never>);

/** One visible step of an operation. */
export type OperationStep = {
  readonly name: string;
  readonly status: StepStatus;
  readonly startedAt?: Date | undefined;
  readonly finishedAt?: Date | undefined;
  /** A few words for people: what was found or done. */
  readonly detail?: string | undefined;
  /** How much of it is done while it runs, from 0 to 1. */
  readonly share?: number | undefined;
};

/** Why an operation failed: an error code and one sentence, fit to be shown. */
export type OperationFailure = { readonly code: string; readonly message: string };

/** A piece of long work. */
export type Operation = {
  readonly id: OperationId;
  readonly kind: OperationKind;
  readonly tenantId?: TenantId | undefined;
  readonly status: OperationStatus;
  /** From 0 to 1. */
  readonly progress: number;
  readonly steps: readonly OperationStep[];
  readonly result?: JsonObject | undefined;
  readonly error?: OperationFailure | undefined;
  readonly createdAt: Date;
  readonly finishedAt?: Date | undefined;
  /** When it is given up and undone, if it has not come to its end. */
  readonly deadlineAt?: Date | undefined;
  /** Since when it comes no further by itself; a retry has it tried again. */
  readonly stuckAt?: Date | undefined;
  /** Set when someone asked to cancel while it ran; never on the wire. */
  readonly cancelRequestedAt?: Date | undefined;
};

/** Makes a queued operation with the given steps before it. */
export function makeOperation(asked: {
  id: OperationId;
  kind: OperationKind;
  tenantId?: TenantId | undefined;
  steps: readonly string[];
  /** How long it may take. */
  deadlineMs?: number | undefined;
  now: Date;
}): Operation {
  const { id, kind, tenantId, steps, deadlineMs, now } = asked;
  return {
    id,
    kind,
    ...(tenantId === undefined ? {} : { tenantId }),
    status: "queued",
    progress: 0,
    steps: steps.map((name) => ({ name, status: "pending" })),
    createdAt: now,
    ...(deadlineMs === undefined ? {} : { deadlineAt: new Date(now.getTime() + deadlineMs) }),
  };
}

/** Tells whether the operation has had its time. */
export function isOverdue({ deadlineAt }: Operation, now: Date): boolean {
  return deadlineAt !== undefined && deadlineAt <= now;
}

/** Returns the operation as running; one that runs already is taken over as it is. */
export function startOperation(operation: Operation): Operation {
  if (operation.status === "running") return operation;
  refuseUnless(operation, ["queued"], "start");
  return { ...operation, status: "running" };
}

/** Returns the operation with the step running; a step that was cut off starts again. */
export function startStep(operation: Operation, name: string, now: Date): Operation {
  refuseUnless(operation, ["running"], "start a step of");
  return withStep(operation, name, () => ({ name, status: "running", startedAt: now }));
}

/** Returns a new operation with all of its steps begun together. */
export function startAllSteps(operation: Operation, now: Date): Operation {
  const steps = operation.steps.map((step) => ({
    name: step.name,
    status: "running" as const,
    startedAt: now,
  }));
  return { ...startOperation(operation), steps, progress: progressOf(steps) };
}

/** Returns the operation with nothing but the first of its steps begun, where it takes one after the other after all. */
export function startOneStep(operation: Operation): Operation {
  const first = nextStep(operation)?.name;
  const steps = operation.steps.map((step) =>
    step.status === "running" && step.name !== first
      ? { name: step.name, status: "pending" as const }
      : step,
  );
  return { ...operation, steps, progress: progressOf(steps) };
}

/** Returns the operation as succeeded with all of its steps; `details` is a few words about some. */
export function succeedAllSteps(
  operation: Operation,
  { now, details }: { now: Date; details: Readonly<Record<string, string>> },
): Operation {
  let done = operation;
  for (const { name, status } of operation.steps)
    if (status !== "succeeded") done = finishStep(done, name, { now, detail: details[name] });
  return succeedOperation(done, { now });
}

/** Returns the operation with the step done. */
export function finishStep(
  operation: Operation,
  name: string,
  { now, detail, status = "succeeded" }: StepOutcome,
): Operation {
  refuseUnless(operation, ["running"], "finish a step of");
  return withStep(operation, name, (step) => ({
    ...step,
    status,
    finishedAt: now,
    ...(detail === undefined ? {} : { detail }),
  }));
}

/** How a step ended well: done, not needed, or taken back. */
export type StepOutcome = {
  readonly now: Date;
  readonly detail?: string | undefined;
  readonly status?: "succeeded" | "skipped" | "undone" | undefined;
};

/** Returns the operation as failed in the given step. */
export function failStep(
  operation: Operation,
  name: string,
  { now, error }: { now: Date; error: OperationFailure },
): Operation {
  refuseUnless(operation, ["running"], "fail a step of");
  const failed = withStep(operation, name, (step) => ({
    ...step,
    status: "failed",
    finishedAt: now,
    detail: error.message,
  }));
  return { ...failed, status: "failed", error, finishedAt: now };
}

/** Returns the operation as failed outside any step, such as by its deadline. */
export function failOperation(
  operation: Operation,
  { now, error }: { now: Date; error: OperationFailure },
): Operation {
  refuseUnless(operation, ["queued", "running"], "fail");
  return { ...operation, status: "failed", error, finishedAt: now };
}

/** Returns the operation as succeeded. */
export function succeedOperation(
  operation: Operation,
  { now, result }: { now: Date; result?: JsonObject | undefined },
): Operation {
  refuseUnless(operation, ["running"], "complete");
  return {
    ...operation,
    status: "succeeded",
    progress: 1,
    finishedAt: now,
    ...(result === undefined ? {} : { result }),
  };
}

/**
 * Returns a failed operation as queued again, its failed and undone steps before it and with as much time as at first.
 * A stuck one goes on where it stopped.
 */
export function retryOperation(operation: Operation, now: Date): Operation {
  if (operation.stuckAt !== undefined) {
    const { stuckAt: _stuck, ...rest } = operation;
    return rest;
  }
  if (operation.status !== "failed")
    throw new HestiaError("operation_not_retriable", { status: operation.status });
  const {
    error: _error,
    finishedAt: _finished,
    cancelRequestedAt: _cancel,
    deadlineAt: before,
    ...plain
  } = operation;
  const deadlineMs = before && before.getTime() - operation.createdAt.getTime();
  const rest = {
    ...plain,
    ...(deadlineMs === undefined ? {} : { deadlineAt: new Date(now.getTime() + deadlineMs) }),
  };
  const steps = operation.steps.map((step) =>
    isDone(step) ? step : { name: step.name, status: "pending" as const },
  );
  return { ...rest, status: "queued", steps, progress: progressOf(steps) };
}

/** Returns a queued operation as cancelled, and a running one as asked to stop after its step. */
export function cancelOperation(operation: Operation, now: Date): Operation {
  if (operation.status === "queued") return cancelled(operation, now);
  if (operation.status === "running")
    return { ...operation, cancelRequestedAt: operation.cancelRequestedAt ?? now };
  throw new HestiaError("operation_not_cancellable", { status: operation.status });
}

/** Returns a running operation that was asked to stop as cancelled; its work is undone by then. */
export function finishCancel(operation: Operation, now: Date): Operation {
  refuseUnless(operation, ["running"], "cancel");
  return cancelled(operation, now);
}

/** Tells whether the operation has come to its end. */
export function isFinished(operation: Operation): boolean {
  return operation.finishedAt !== undefined;
}

/** Returns the first step that still has to be done, or undefined. */
export function nextStep(operation: Operation): OperationStep | undefined {
  return operation.steps.find((step) => !isDone(step));
}

/** Returns the share of the steps that is done, from 0 to 1. */
export function progressOf(steps: readonly OperationStep[]): number {
  const done = steps.reduce((sum, step) => sum + (isDone(step) ? 1 : runningShare(step)), 0);
  return steps.length === 0 ? 0 : done / steps.length;
}

function runningShare({ status, share = 0 }: OperationStep): number {
  return status === "running" ? Math.min(Math.max(share, 0), 1) : 0;
}

function isDone(step: OperationStep): boolean {
  return step.status === "succeeded" || step.status === "skipped";
}

function cancelled(operation: Operation, now: Date): Operation {
  return { ...operation, status: "cancelled", finishedAt: now };
}

function withStep(
  operation: Operation,
  name: string,
  change: (step: OperationStep) => OperationStep,
): Operation {
  assert(
    operation.steps.some((step) => step.name === name),
    `operation ${operation.kind} has no step ${name}`,
  );
  const steps = operation.steps.map((step) => (step.name === name ? change(step) : step));
  return { ...operation, steps, progress: progressOf(steps) };
}

// Which transition a worker makes is never a caller's doing: a wrong one is our bug.
function refuseUnless(operation: Operation, allowed: OperationStatus[], what: string): void {
  assert(allowed.includes(operation.status), `cannot ${what} a ${operation.status} operation`);
}
