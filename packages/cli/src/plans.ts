// The commands about plans: what tenants subscribe to. A change is made to the plan as it was just read, so that nobody's
// change is lost.
import { randomUUID } from "node:crypto";
import { etagOf, type PlanView } from "@hestia/api";
import { HestiaError, type IsolationModel, isHestiaError, type Requirement } from "@hestia/core";
import { parseInteger, parseList, parseSettings } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import { printPage, readPage } from "./paging.ts";
import { planTable, planText } from "./plan-text.ts";
import { openServer } from "./server.ts";

/** The options of `plans list`. */
export type ListOptions = ServerOptions & {
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
};

/** Lists plans: one page, or all of them. */
export async function listPlans(context: Context, options: ListOptions): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const input = { limit: parseInteger("--limit", options.limit), cursor: options.cursor };
  const list = (asked?: typeof input) => send(() => client.plans.list(asked));
  const page = await readPage(list, input, options.all);
  const table = () => planTable(page.items, output);
  printPage(output, page, { json: options.json, table, none: "No plans." });
}

/** Shows one plan. */
export async function showPlan(context: Context, planId: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  show(context, options, await send(() => client.plans.get({ planId })));
}

/** What may be said of a plan when it is created or changed; false where it is to be taken away. */
export type SaidOptions = ServerOptions & {
  readonly name?: string;
  readonly description?: string | false;
  readonly isolation?: IsolationModel;
  readonly defaults?: string;
  readonly requires?: string | false;
  readonly trialDays?: string;
  readonly trial?: boolean;
  readonly graceDays?: string;
  readonly archiveDays?: string;
  readonly warm?: string;
};

/** Creates a plan. */
export async function createPlan(context: Context, id: string, options: SaidOptions) {
  const { client, send } = openServer(context, options);
  const { name = id, description, requires, trialDays, ...said } = saidOf(options);
  const input = {
    ...{ ...said, id, name, requires },
    description: description ?? undefined,
    trialDays: trialDays ?? undefined,
  };
  const idempotencyKey = randomUUID();
  show(context, options, await send(() => client.plans.create(input, { idempotencyKey })));
}

/** Changes a plan. */
export async function updatePlan(context: Context, planId: string, options: SaidOptions) {
  const patch = saidOf(options);
  if (Object.values(patch).every((each) => each === undefined))
    throw new HestiaError(
      "invalid_input",
      {},
      { message: "Say what to change; see: hestia plans update --help" },
    );
  const { client, send } = openServer(context, options);
  const ifMatch = etagOf(await send(() => client.plans.get({ planId })));
  const guards = { ifMatch, idempotencyKey: randomUUID() };
  const plan = await send(() => client.plans.update({ planId, ...patch }, guards)).catch(
    (error: unknown) => {
      if (!isHestiaError(error, "precondition_failed")) throw error;
      const message = `Somebody changed ${planId} at the same moment; look at it and run this again.`;
      throw new HestiaError("precondition_failed", error.details, { message, cause: error });
    },
  );
  show(context, options, plan);
}

function saidOf(options: SaidOptions) {
  const { description, requires, trial } = options;
  return {
    name: options.name,
    description: description === false ? null : description,
    isolation: options.isolation,
    defaults: parseSettings(options.defaults, "--defaults"),
    requires: requires === false ? [] : parseList<Requirement>(requires),
    trialDays: trial === false ? null : parseInteger("--trial-days", options.trialDays),
    graceDays: parseInteger("--grace-days", options.graceDays),
    archiveDays: parseInteger("--archive-days", options.archiveDays),
    warm: parseInteger("--warm", options.warm),
  };
}

/** Deletes a plan that no tenant has. */
export async function deletePlan(
  context: Context,
  planId: string,
  options: ServerOptions & { readonly reason?: string },
): Promise<void> {
  const { client, send } = openServer(context, options);
  const input = { planId, reason: options.reason };
  const idempotencyKey = randomUUID();
  const deleted = await send(() => client.plans.delete(input, { idempotencyKey }));
  if (options.json) return context.output.printJson(deleted);
  context.output.print(`${context.output.colours.bold(planId)} is deleted.`);
}

function show({ output }: Context, { json }: ServerOptions, plan: PlanView): void {
  if (json) output.printJson(plan);
  else output.print(planText(plan, output, Date.now()));
}
