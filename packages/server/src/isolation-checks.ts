// Isolation checks as operators see them: begun here, and read when they are over. Running them is the engine's part.
import {
  isolationCheckDetailView,
  type isolationCheckRoutes,
  isolationCheckView,
} from "@hestia/api";
import {
  type IsolationCheck,
  type IsolationCheckId,
  isolationModels,
  makeId,
  type Operation,
} from "@hestia/core";
import {
  getIsolationCheck,
  insertIsolationCheck,
  listIsolationChecks,
  type PlatformTx,
} from "@hestia/postgres/platform";
import { pageView, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import type { Handlers } from "./handlers.ts";
import { type CheckInput, checkingIsolation } from "./isolation-checking.ts";
import { answerWithOperation } from "./prefer.ts";

type Handler = Handlers<typeof isolationCheckRoutes>;

/** The handlers of isolation checks. */
export const isolationCheckHandlers: Handler = {
  list: async ({ platform }, { limit, cursor, ...filter }) => {
    const page = await platform.db.asPlatform((tx) =>
      listIsolationChecks(tx, { limit, cursor, filter }),
    );
    return { status: 200, body: pageView(page, isolationCheckView) };
  },
  get: async ({ platform }, { isolationCheckId }) => ({
    status: 200,
    body: isolationCheckDetailView(
      await platform.db.asPlatform((tx) => getIsolationCheck(tx, isolationCheckId)),
    ),
  }),
  start: async (context, asked) => {
    const operation = await context.platform.db.asPlatform((tx) => start(tx, context, asked));
    return answerWithOperation(context, operation);
  },
};

async function start(
  tx: PlatformTx,
  context: OperatorContext,
  { models, full }: Parameters<Handler["start"]>[1],
): Promise<Operation> {
  const { platform, actor, requestId } = context;
  const now = platform.now();
  const isolationCheckId = makeId<IsolationCheckId>(now);
  const input: CheckInput = {
    isolationCheckId,
    full,
    ...(models === undefined ? {} : { models }),
  };
  const operation = await platform.engine.begin(tx, checkingIsolation, {
    ...{ actor, requestId, now },
    input: { ...input },
  });
  const check: IsolationCheck = {
    id: isolationCheckId,
    operationId: operation.id,
    status: "running",
    models: models ?? isolationModels,
    full,
    startedBy: actor.name,
    createdAt: now,
  };
  await insertIsolationCheck(tx, check);
  const data = { isolationCheckId, operationId: operation.id, full };
  await recordEvent(tx, context, { type: "isolation_check.started", data, now });
  return operation;
}
