// Following an operation to its end: its steps, live on a terminal and line by line elsewhere. Ctrl-C ends the watching
// and not the operation.
import type { OperationView } from "@hestia/api";
import { HestiaError } from "@hestia/core";
import type { Context } from "./context.ts";
import { Exit, interruptedCode } from "./exit-codes.ts";
import type { Server } from "./server.ts";
import { makeStepView } from "./steps.ts";

/** Follows the operation until it is finished and returns it as it then is, however it ended. */
export function watch(
  context: Context,
  server: Server,
  operationId: OperationView["id"],
): Promise<OperationView> {
  // Once something came the client goes on by itself when the connection breaks.
  return server.send(() => watchOnce(context, server, operationId));
}

async function watchOnce(
  context: Context,
  server: Server,
  operationId: OperationView["id"],
): Promise<OperationView> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.on("SIGINT", stop);
  const view = makeStepView(context.output);
  let last: OperationView | undefined;
  try {
    const events = server.client.operations.events({ operationId }, { signal: stopping.signal });
    for await (const operation of events) {
      last = operation;
      view.show(operation);
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    view.end();
    context.output.note(leftText(operationId));
    throw new Exit(interruptedCode);
  } finally {
    process.off("SIGINT", stop);
    view.end();
  }
  return last ?? server.client.operations.get({ operationId });
}

function leftText(operationId: string): string {
  return [
    `The operation ${operationId} goes on without you.`,
    `  to follow it:  hestia operations watch ${operationId}`,
    `  to stop it:    hestia operations cancel ${operationId}`,
  ].join("\n");
}

/** Follows the operation and throws `operation_failed` unless it succeeded. */
export async function watchToSuccess(
  context: Context,
  server: Server,
  operationId: OperationView["id"],
): Promise<OperationView> {
  const operation = await watch(context, server, operationId);
  expectSuccess(operation);
  return operation;
}

/** Throws `operation_failed` unless the operation succeeded. */
export function expectSuccess({ id, kind, status, tenantId, error }: OperationView): void {
  if (status === "succeeded") return;
  const reason = error?.message ?? `It was ${status}.`;
  const next = status === "failed" ? nextAfter(kind, id) : undefined;
  throw new HestiaError("operation_failed", { operationId: id, tenantId, reason, next });
}

/** The command that tries it again. A run of migrations begins anew: targets that failed before it are tried by nothing else. */
function nextAfter(kind: string, id: string): string {
  return kind === "migrations.up" ? "hestia migrate retry" : `hestia operations retry ${id}`;
}
