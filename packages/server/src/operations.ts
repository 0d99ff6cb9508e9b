// Operations as operators see them: read, followed, cancelled, retried. Working on them is the engine's part.
import { type operationRoutes, operationView } from "@hestia/api";
import {
  cancelOperation,
  HestiaError,
  isFinished,
  type Operation,
  type OperationId,
  retryOperation,
} from "@hestia/core";
import {
  findOperation,
  getOperation,
  listOperations,
  lockOperation,
  type PlatformTx,
  type StoredOperation,
  updateOperation,
} from "@hestia/postgres/platform";
import { pageView, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import { enqueue } from "./engine/queue.ts";
import type { Handlers, StreamEvent } from "./handlers.ts";
import { answerWithOperation } from "./prefer.ts";

/** The handlers of operations. */
export const operationHandlers: Handlers<typeof operationRoutes> = {
  list: async ({ platform }, { limit, cursor, ...filter }) => {
    const page = await platform.db.asPlatform((tx) =>
      listOperations(tx, { limit, cursor, filter }),
    );
    return { status: 200, body: pageView(page, (each) => operationView(each)) };
  },
  get: async (context, { operationId }) => {
    const operation = await context.platform.db.asPlatform((tx) => getOperation(tx, operationId));
    return { status: 200, body: await viewOf(context, operation) };
  },
  events: async (context, { operationId }) => {
    // What is not there is refused before the stream begins.
    await readStored(context, operationId);
    return follow(context, operationId);
  },
  cancel: async (context, { operationId }) => {
    const operation = await context.platform.db.asPlatform((tx) =>
      cancel(tx, context, operationId),
    );
    return { status: 200, body: operationView(operation) };
  },
  retry: async (context, { operationId }) => {
    const operation = await context.platform.db.asPlatform((tx) => retry(tx, context, operationId));
    return answerWithOperation(context, operation);
  },
};

/** The operation at once, at every change, and a last time when it is finished. */
async function* follow(
  context: OperatorContext,
  operationId: OperationId,
): AsyncGenerator<StreamEvent<ReturnType<typeof operationView>>> {
  const { engine } = context.platform;
  const over = AbortSignal.any([context.signal, engine.stopping]);
  for (let seen = context.lastEventId; ; ) {
    // Asked for before the operation is read, so that no change falls in between.
    const changed = engine.changes.next(operationId, over);
    const { operation, revision } = await readStored(context, operationId);
    const ended = isFinished(operation);
    if (revision !== seen || ended) yield { id: revision, data: await viewOf(context, operation) };
    if (ended || over.aborted) return;
    seen = revision;
    await changed;
  }
}

/** With when it is likely to end. */
async function viewOf(
  { platform }: OperatorContext,
  operation: Operation,
): Promise<ReturnType<typeof operationView>> {
  return operationView(operation, await platform.engine.estimate(operation, platform.now()));
}

async function readStored(
  { platform }: OperatorContext,
  operationId: OperationId,
): Promise<StoredOperation> {
  const stored = await platform.db.asPlatform((tx) => findOperation(tx, operationId));
  if (stored === undefined) throw new HestiaError("operation_not_found");
  return stored;
}

async function cancel(
  tx: PlatformTx,
  context: OperatorContext,
  operationId: OperationId,
): Promise<Operation> {
  const { platform } = context;
  const { operation: before, origin, undoing } = await lockOperation(tx, operationId);
  const now = platform.now();
  const operation = cancelOperation(before, now);
  // Asked for before: nothing changes, and nothing is to be told.
  if (operation.cancelRequestedAt === before.cancelRequestedAt && !isFinished(operation))
    return before;
  await updateOperation(tx, operation, undoing);
  if (isFinished(operation))
    await definitionOf(context, operation)?.onCancelled?.(tx, { platform, operation, origin });
  await recordEvent(tx, context, {
    type: "operation.cancelled",
    tenantId: operation.tenantId,
    data: { operationId, kind: operation.kind },
    now,
  });
  return operation;
}

async function retry(
  tx: PlatformTx,
  context: OperatorContext,
  operationId: OperationId,
): Promise<Operation> {
  const { platform } = context;
  const { operation: before, origin, undoing } = await lockOperation(tx, operationId);
  const operation = retryOperation(before, platform.now());
  if (before.stuckAt === undefined)
    await definitionOf(context, operation)?.onRetried?.(tx, { platform, operation, origin });
  await updateOperation(tx, operation, undoing);
  await recordEvent(tx, context, {
    type: "operation.retried",
    tenantId: operation.tenantId,
    data: { operationId, kind: operation.kind },
    now: platform.now(),
  });
  await enqueue(tx, operation);
  return operation;
}

function definitionOf({ platform }: OperatorContext, { kind }: Operation) {
  return platform.engine.definitions.get(kind);
}
