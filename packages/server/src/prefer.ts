// `Prefer: wait=N`: an operation that was started is waited for, and how it ended decides the answer.
import { type OperationView, operationView } from "@hestia/api";
import { HestiaError, isFinished, type Operation } from "@hestia/core";
import type { OperatorContext } from "./context.ts";

/** Waits for the operation as long as the caller wants; throws `operation_failed` when it failed in that time. */
export async function waitIfPreferred(
  { platform, waitMs, signal }: OperatorContext,
  operation: Operation,
): Promise<Operation> {
  if (waitMs === 0) return operation;
  const latest = await platform.engine.waitFor(operation.id, { waitMs, signal });
  if (latest.status === "failed")
    throw new HestiaError("operation_failed", {
      operationId: latest.id,
      tenantId: latest.tenantId,
      ...(latest.error === undefined ? {} : { reason: latest.error.message }),
    });
  return latest;
}

/** The answer of a route that starts an operation: 200 once it is over, 202 before. */
export async function answerWithOperation(
  context: OperatorContext,
  operation: Operation,
): Promise<{ status: 200 | 202; body: OperationView; headers: { location: string } }> {
  const latest = await waitIfPreferred(context, operation);
  return {
    status: isFinished(latest) && context.waitMs > 0 ? 200 : 202,
    body: operationView(latest),
    headers: { location: operationPath(latest) },
  };
}

/** Where an operation can be followed. */
export function operationPath({ id }: Pick<Operation, "id">): string {
  return `/v1/operations/${id}`;
}
