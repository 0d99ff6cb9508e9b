// The operations on tenants, one handler per route. A change locks the tenant, moves it by core's rules, writes it with
// its audit event in one transaction, and answers once the data database has its state.
import { parseTenantSettings, type tenantRoutes, tenantView } from "@hestia/api";
import {
  type Fault,
  faultsBelow,
  HestiaError,
  invalidInput,
  isFinished,
  makeTenant,
  type Operation,
  type Plan,
  patchTenant,
  type Tenant,
  type TenantId,
  type TenantPatch,
  tenantChanges,
} from "@hestia/core";
import {
  claimWarm,
  findPlan,
  findTenant,
  flushCommits,
  getCluster,
  getTenant,
  insertTenant,
  listOperations,
  listTenants,
  lockTenant,
  type PlatformTx,
  renameMade,
  storedMark,
  updateTenant,
  type WarmPartition,
} from "@hestia/postgres/platform";
import { requireAnew } from "./activation.ts";
import { pageView, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import type { Begun as BegunHere } from "./engine/here.ts";
import { checkIfMatch } from "./etag.ts";
import type { Answer, Handlers } from "./handlers.ts";
import {
  activateTenant,
  deleteTenant,
  isInForce,
  lateReviewFaults,
  type Moved,
  purgeTenant,
  restoreTenant,
  resumeTenant,
  suspendTenant,
} from "./lifecycle.ts";
import { defaultCluster } from "./platform.ts";
import { answerWithOperation, operationPath, waitIfPreferred } from "./prefer.ts";
import { beginAtOnce, beginProvisioning, findThere, provisioning } from "./provisioning.ts";

type NewTenant = Parameters<Handlers<typeof tenantRoutes>["create"]>[1];

/** The handlers of tenants. */
export const tenantHandlers: Handlers<typeof tenantRoutes> = {
  create: async (context, input) => {
    const { platform } = context;
    // Nobody has heard of the tenant yet. Who waits is answered after its end is written, which flushes this too.
    const how = { quiet: true, unflushed: context.waitMs > 0 } as const;
    const work = (tx: PlatformTx) => create(tx, context, input);
    const { operation, here } = await platform.db.asPlatform(work, how);
    if (here !== undefined) platform.engine.runHere(platform, here);
    if (input.isolation !== "shared") platform.warm.wake();
    const ended = await waitIfPreferred(context, operation);
    if (how.unflushed && !isFinished(ended)) await platform.db.asPlatform(flushCommits);
    const tenant = await read(context, operation.tenantId as TenantId);
    const isReady = ended.status === "succeeded" && context.waitMs > 0;
    const isActive = isReady && tenant.status !== "pending";
    const waits = isReady && !isActive;
    return {
      status: isActive ? 201 : 202,
      body: { ...tenantView(tenant), operationId: operation.id },
      headers: {
        location: waits
          ? `${tenantPath(tenant)}/verifications`
          : isActive
            ? tenantPath(tenant)
            : operationPath(operation),
      },
    };
  },
  list: async ({ platform }, { limit, cursor, sort, ...filter }) => {
    const page = await platform.db.asPlatform((tx) =>
      listTenants(tx, { limit, cursor, sort, filter }),
    );
    return { status: 200, body: pageView(page, tenantView) };
  },
  get: async (context, { tenantId }) => answer(await read(context, tenantId)),
  update: async (context, { tenantId, ...patch }) => {
    const { db } = context.platform;
    const [before, tenant] = await db.asPlatform((tx) => update(tx, context, tenantId, patch));
    // Another plan may want nothing that is still missing.
    if (tenant.status !== before.status) await isInForce(context, tenantId);
    return answer(tenant);
  },
  delete: async (context, input) =>
    answerWithOperation(context, await deleteTenant(context, input)),
  activate: async (context, input) => answerMoved(await activateTenant(context, input)),
  suspend: async (context, input) => answerMoved(await suspendTenant(context, input)),
  resume: async (context, input) => answerMoved(await resumeTenant(context, input)),
  restore: async (context, input) => {
    const { operation, ...moved } = await restoreTenant(context, input);
    if (operation === undefined) return answerMoved(moved);
    const { status } = await waitIfPreferred(context, operation);
    const tenant = await read(context, input.tenantId);
    if (status === "succeeded" && context.waitMs > 0) return answer(tenant);
    const headers = { location: operationPath(operation) };
    return { status: 202, body: tenantView(tenant), headers };
  },
  purge: async (context, input) => answerWithOperation(context, await purgeTenant(context, input)),
};

function answer(tenant: Tenant): Answer<(typeof tenantRoutes)["get"]> {
  return { status: 200, body: tenantView(tenant) };
}

function answerMoved({ tenant, inForce }: Moved): Answer<(typeof tenantRoutes)["suspend"]> {
  return inForce
    ? { status: 200, body: tenantView(tenant) }
    : { status: 202, body: tenantView(tenant), headers: { location: tenantPath(tenant) } };
}

function tenantPath({ id }: Tenant): string {
  return `/v1/tenants/${id}`;
}

function read({ platform }: OperatorContext, tenantId: TenantId): Promise<Tenant> {
  return platform.db.asked((tx) => getTenant(tx, tenantId));
}

async function create(
  tx: PlatformTx,
  context: OperatorContext,
  input: NewTenant,
): Promise<{ operation: Operation; here?: BegunHere }> {
  const { platform } = context;
  const now = platform.now();
  const asked = context.makeId<TenantId>();
  const made = context.isRepeatable ? await findMade(tx, asked) : undefined;
  if (made !== undefined) return made;
  const plan = await findPlan(tx, input.plan);
  if (plan === undefined) throw invalidInput(planFaults(input.plan, plan));
  const cluster = await getCluster(tx, defaultCluster);
  const { id, warm } = await chooseId(tx, { ...input, clusterId: cluster.id, asked });
  const tenant = makeTenant(input, { id, placement: { cluster: cluster.name }, now });
  await insertTenant(tx, tenant, { clusterId: cluster.id, adminEmail: input.adminEmail });
  const { slug, name, isolation, domain, settings } = tenant;
  await recordEvent(tx, context, {
    type: "tenant.created",
    tenantId: id,
    data: { after: { slug, name, isolation, plan: tenant.plan, domain, settings } },
    now,
  });
  const there = findThere(platform, { tenant, plan, warm, mark: await storedMark(tx) });
  if (there !== undefined) return beginAtOnce(tx, context, tenant, there);
  return { operation: await beginProvisioning(tx, context, tenant) };
}

// A partition that was made ahead has an id in everything that is in it: the tenant gets that.
async function chooseId(
  tx: PlatformTx,
  {
    isolation,
    clusterId,
    asked,
  }: Pick<NewTenant, "isolation"> & { clusterId: string; asked: TenantId },
): Promise<{ id: TenantId; warm?: WarmPartition }> {
  if (isolation === "shared") return { id: asked };
  const warm = await claimWarm(tx, { clusterId, isolation });
  if (warm === undefined) return { id: asked };
  await renameMade(tx, asked, warm.id);
  return { id: warm.id, warm };
}

// A repeat of a request that was cut off finds what that made: the idempotency key fixes the id.
async function findMade(tx: PlatformTx, id: TenantId) {
  const tenant = await findTenant(tx, id);
  if (tenant === undefined) return undefined;
  const filter = { tenantId: id, kind: provisioning.kind };
  const [operation] = (await listOperations(tx, { filter, limit: 1 })).items;
  return operation && { operation };
}

async function update(
  tx: PlatformTx,
  context: OperatorContext,
  tenantId: TenantId,
  asked: TenantPatch,
): Promise<[before: Tenant, after: Tenant]> {
  const before = await lockTenant(tx, tenantId);
  checkIfMatch(context, before);
  if (before.status === "purged" || before.status === "archived")
    throw new HestiaError("tenant_ended");
  const now = context.platform.now();
  const plan = asked.plan === undefined ? undefined : await findPlan(tx, asked.plan);
  const patch = { ...trialByPlan(before, plan), ...asked };
  const tenant = patchTenant(before, patch, now);
  // Only the merged whole can be judged.
  const faults = [
    ...planFaults(asked.plan, plan),
    ...reviewFaults(before, asked, now),
    ...settingsFaults(context, tenant),
  ];
  if (faults.length > 0) throw invalidInput(faults);
  if (tenant === before) return [before, before];
  await updateTenant(tx, tenant);
  await recordEvent(tx, context, {
    type: "tenant.updated",
    tenantId,
    data: tenantChanges(before, tenant),
    now,
  });
  return [before, await requireAnew(tx, context, { before, after: tenant })];
}

// A plan without a trial ends the trial, unless the request itself says when it ends; one with a trial begins none.
function trialByPlan(before: Tenant, plan: Plan | undefined): TenantPatch {
  const isAnother = plan !== undefined && plan.id !== before.plan;
  return isAnother && plan.trialDays === undefined ? { trialEndsAt: null } : {};
}

function reviewFaults({ status }: Tenant, { reviewAt }: TenantPatch, now: Date): Fault[] {
  if (reviewAt === undefined || reviewAt === null) return [];
  if (status === "suspended" || status === "readonly") return lateReviewFaults(reviewAt, now);
  const message = "Only a tenant that is suspended or read-only is reviewed.";
  return [{ pointer: "/reviewAt", code: "not_allowed", message }];
}

function settingsFaults({ platform }: OperatorContext, { settings }: Tenant): Fault[] {
  const { faults = [] } = parseTenantSettings(settings, {
    settingsSchema: platform.config.settingsSchema,
  });
  return faultsBelow("/settings", faults);
}

// A plan is part of the input: one that does not exist is a fault of it.
function planFaults(asked: string | undefined, plan: Plan | undefined): Fault[] {
  if (asked === undefined || plan !== undefined) return [];
  return [{ pointer: "/plan", code: "not_found", message: `There is no plan "${asked}".` }];
}
