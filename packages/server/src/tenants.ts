// The operations on tenants, one handler per route. A change locks the tenant, moves it by core's rules, writes it with
// its audit event in one transaction, and answers once the data database has its state.
import { parseTenantSettings, type tenantRoutes, tenantView } from "@hestia/api";
import {
  faultsBelow,
  HestiaError,
  invalidInput,
  makeTenant,
  type Operation,
  patchTenant,
  type Tenant,
  type TenantId,
  tenantChanges,
} from "@hestia/core";
import {
  claimWarm,
  findPlan,
  findTenant,
  getCluster,
  getTenant,
  insertTenant,
  listOperations,
  listTenants,
  lockTenant,
  type Plan,
  type PlatformTx,
  renameMade,
  storedMark,
  updateTenant,
  type WarmPartition,
} from "@hestia/postgres/platform";
import { pageView, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import type { Begun as BegunHere } from "./engine/here.ts";
import { checkIfMatch } from "./etag.ts";
import type { Answer, Handlers } from "./handlers.ts";
import {
  deleteTenant,
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
    const tenant = await read(context, operation.tenantId as TenantId);
    const isActive = ended.status === "succeeded" && context.waitMs > 0;
    return {
      status: isActive ? 201 : 202,
      body: { ...tenantView(tenant), operationId: operation.id },
      headers: { location: isActive ? tenantPath(tenant) : operationPath(operation) },
    };
  },
  list: async ({ platform }, { limit, cursor, sort, ...filter }) => {
    const page = await platform.db.asPlatform((tx) =>
      listTenants(tx, { limit, cursor, sort, filter }),
    );
    return { status: 200, body: pageView(page, tenantView) };
  },
  get: async (context, { tenantId }) => answer(await read(context, tenantId)),
  update: async (context, { tenantId, ...patch }) =>
    answer(await context.platform.db.asPlatform((tx) => update(tx, context, tenantId, patch))),
  delete: async (context, input) =>
    answerWithOperation(context, await deleteTenant(context, input)),
  suspend: async (context, input) => answerMoved(await suspendTenant(context, input)),
  resume: async (context, input) => answerMoved(await resumeTenant(context, input)),
  restore: async (context, input) => {
    const { operation, ...moved } = await restoreTenant(context, input);
    if (operation === undefined) return answerMoved(moved);
    const headers = { location: operationPath(operation) };
    return { status: 202, body: tenantView(moved.tenant), headers };
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
  const plan = await getPlan(tx, input.plan);
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
  patch: Parameters<typeof patchTenant>[1],
): Promise<Tenant> {
  const before = await lockTenant(tx, tenantId);
  checkIfMatch(context, before);
  if (before.status === "purged" || before.status === "archived")
    throw new HestiaError("tenant_ended");
  if (patch.plan !== undefined) await getPlan(tx, patch.plan);
  const now = context.platform.now();
  const tenant = patchTenant(before, patch, now);
  if (tenant === before) return before;
  checkSettings(context, tenant);
  await updateTenant(tx, tenant);
  await recordEvent(tx, context, {
    type: "tenant.updated",
    tenantId,
    data: tenantChanges(before, tenant),
    now,
  });
  return tenant;
}

// Only the merged whole can be judged.
function checkSettings({ platform }: OperatorContext, { settings }: Tenant): void {
  const { faults } = parseTenantSettings(settings, {
    settingsSchema: platform.config.settingsSchema,
  });
  if (faults !== undefined) throw invalidInput(faultsBelow("/settings", faults));
}

// A plan is part of the input: one that does not exist is a fault of it.
async function getPlan(tx: PlatformTx, plan: string): Promise<Plan> {
  const found = await findPlan(tx, plan);
  if (found !== undefined) return found;
  const message = `There is no plan "${plan}".`;
  throw invalidInput([{ pointer: "/plan", code: "not_found", message }]);
}
