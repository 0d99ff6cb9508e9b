// The operations on plans, one handler per route. Every change is an audit event in its own transaction.
import { type planRoutes, planView } from "@hestia/api";
import {
  faultsBelow,
  invalidInput,
  makePlan,
  mergePatch,
  type Plan,
  type PlanPatch,
  parseSettings,
  patchPlan,
  planChanges,
  planFacts,
} from "@hestia/core";
import {
  deletePlan,
  getPlan,
  insertPlan,
  listPlans,
  lockPlan,
  type PlatformTx,
  updatePlan,
} from "@hestia/postgres/platform";
import { pageView, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import { checkIfMatch } from "./etag.ts";
import type { Handlers } from "./handlers.ts";

type Handler = Handlers<typeof planRoutes>;

/** The handlers of plans. */
export const planHandlers: Handler = {
  list: async ({ platform }, page) => ({
    status: 200,
    body: pageView(await platform.db.asPlatform((tx) => listPlans(tx, page)), planView),
  }),
  create: async (context, input) => {
    const plan = await context.platform.db.asPlatform((tx) => create(tx, context, input));
    const headers = { location: `/v1/plans/${plan.id}` };
    return { status: 201, body: planView(plan), headers };
  },
  get: async ({ platform }, { planId }) => ({
    status: 200,
    body: planView(await platform.db.asPlatform((tx) => getPlan(tx, planId))),
  }),
  update: async (context, { planId, ...patch }) => ({
    status: 200,
    body: planView(
      await context.platform.db.asPlatform((tx) => update(tx, context, planId, patch)),
    ),
  }),
  delete: async (context, asked) => ({
    status: 200,
    body: planView(await context.platform.db.asPlatform((tx) => remove(tx, context, asked))),
  }),
};

async function create(
  tx: PlatformTx,
  context: OperatorContext,
  input: Parameters<Handler["create"]>[1],
): Promise<Plan> {
  const now = context.platform.now();
  const plan = makePlan(input, now);
  await insertPlan(tx, plan);
  const data = { planId: plan.id, after: planFacts(plan) };
  await recordEvent(tx, context, { type: "plan.created", data, now });
  return plan;
}

async function update(
  tx: PlatformTx,
  context: OperatorContext,
  planId: string,
  patch: PlanPatch,
): Promise<Plan> {
  const before = await lockPlan(tx, planId);
  checkIfMatch(context, before);
  checkDefaults(before, patch);
  const now = context.platform.now();
  const plan = patchPlan(before, patch, now);
  if (plan === before) return before;
  await updatePlan(tx, plan);
  const data = { planId, ...planChanges(before, plan) };
  await recordEvent(tx, context, { type: "plan.updated", data, now });
  return plan;
}

// Only the merged whole can be judged.
function checkDefaults({ defaults }: Plan, patch: PlanPatch): void {
  const { faults } = parseSettings(mergePatch(defaults, patch.defaults ?? {}));
  if (faults !== undefined) throw invalidInput(faultsBelow("/defaults", faults));
}

async function remove(
  tx: PlatformTx,
  context: OperatorContext,
  { planId, reason }: { planId: string; reason?: string | undefined },
): Promise<Plan> {
  const plan = await lockPlan(tx, planId);
  checkIfMatch(context, plan);
  await deletePlan(tx, planId);
  const data = { planId, before: planFacts(plan) };
  const now = context.platform.now();
  await recordEvent(tx, context, { type: "plan.deleted", reason, data, now });
  return plan;
}
