// How a tenant comes into being, from top to bottom. Each step can be repeated; when one fails for good the partition is
// taken away again and the tenant is failed, so that a retry begins from a clean place.
import {
  HestiaError,
  type IsolationModel,
  type JsonObject,
  moveTenant,
  type Operation,
  type Plan,
  type Tenant,
  type TenantId,
  tenantChanges,
} from "@hestia/core";
import {
  clearConfiguration,
  deleteTarget,
  deleteWarm,
  findClaimed,
  findPlan,
  getTenant,
  initialiseConfiguration,
  listMigrations,
  listNames,
  lockTenant,
  markSynced,
  type PlatformTx,
  pathOf,
  placeTenant,
  recordOutcomes,
  storedMark,
  updateTenant,
  type WarmPartition,
} from "@hestia/postgres/platform";
import { activateOrAwait } from "./activation.ts";
import { type Acting, recordEvent } from "./audit.ts";
import type { Begun as BegunHere } from "./engine/here.ts";
import {
  atOnce,
  type Job,
  NoLongerWanted,
  type OperationDefinition,
  step,
} from "./engine/kinds.ts";
import { subjectOf, tenantOf } from "./engine/subject.ts";
import { incarnationOf, partitionEntries } from "./fleet/ledger.ts";
import { clusterOf, type Platform } from "./platform.ts";
import { scopeStateOf, writeScopeState } from "./scope-state.ts";

const validate = step({
  name: "validate",
  commit: async (tx, job) => {
    const tenant = await wanted(tx, job);
    if ((await findPlan(tx, tenant.plan)) === undefined) throw new HestiaError("plan_not_found");
    clusterOf(job.platform, tenant.placement.cluster);
    return undefined;
  },
});

const makePartition = step({
  name: "make partition",
  run: async (job) => {
    const tenant = await tenantOf(job);
    return job.cluster(tenant.placement.cluster).makePartition(tenant);
  },
  commit: async (tx, job, place) => {
    const { id } = await wanted(tx, job);
    await placeTenant(tx, id, place);
    await deleteWarm(tx, id);
    return place.database ?? place.schema;
  },
  undo: async (job) => {
    const tenant = await tenantOf(job);
    await job.cluster(tenant.placement.cluster).dropPartition(tenant);
  },
  uncommit: async (tx, { operation }) => {
    const { id } = await lockTenant(tx, subjectOf(operation));
    await placeTenant(tx, id, {});
    await deleteTarget(tx, id);
    await deleteWarm(tx, id);
  },
});

const applyMigrations = step({
  name: "apply migrations",
  run: async (job) => {
    const tenant = await tenantOf(job);
    const cluster = job.cluster(tenant.placement.cluster);
    const files = await job.platform.db.asPlatform(listMigrations);
    const onFile = (done: number, total: number, name: string) =>
      void job.note(`${done} of ${total}: ${name}`);
    if (tenant.isolation !== "database") await cluster.migrateShared(files, onFile);
    await cluster.migratePartition(tenant, files, onFile);
    return { files, incarnation: await incarnationOf(cluster, tenant) };
  },
  commit: async (tx, job, { files, incarnation }) => {
    const tenant = await wanted(tx, job);
    const applied = partitionEntries(tenant, files, incarnation);
    await recordOutcomes(tx, { applied, failed: [] }, job.platform.now());
    const last = files.findLast((file) => file.set === "tenant");
    return last === undefined ? "no migrations are stored" : `up to ${pathOf(last)}`;
  },
});

const initialise = step({
  name: "initial configuration",
  run: async ({ platform, operation }) => {
    const plan = await platform.db.asPlatform(async (tx) =>
      findPlan(tx, (await getTenant(tx, subjectOf(operation))).plan),
    );
    await configure(platform, subjectOf(operation), plan?.defaults ?? {});
  },
  undo: ({ platform, operation }) =>
    platform.db.asTenant(subjectOf(operation), (tx) => clearConfiguration(tx)),
});

function configure({ db, now }: Platform, tenantId: TenantId, defaults: JsonObject): Promise<void> {
  return db.asTenant(tenantId, (tx) => initialiseConfiguration(tx, defaults, now()));
}

const verify = step({
  name: "verify",
  run: async (job) => {
    const tenant = await tenantOf(job);
    await job.cluster(tenant.placement.cluster).verifyPartition(tenant);
  },
});

// The scope is opened while the tenant's row is locked: a deletion that comes in between waits, and then closes it.
const open = step({
  name: "activate",
  commit: async (tx, job) => {
    const tenant = await activateOrAwait(tx, actingIn(job), await wanted(tx, job));
    await writeScopeState(tx, job.platform, tenant);
    return tenant.statusReason;
  },
});

const actingIn = ({ origin, platform }: Job) => ({ ...origin, platform });

/** What is there for a tenant already. */
type Found = {
  readonly isolation: IsolationModel;
  readonly cluster: string;
  readonly defaults: JsonObject;
  /** Its partition, where it was made ahead. */
  readonly warm: WarmPartition | undefined;
};

const whereNothingIsMade = atOnce<Found>({
  find: async ({ platform, operation }) => {
    const { tenant, plan, warm, mark } = await platform.db.asPlatform(async (tx) => {
      const tenant = await getTenant(tx, subjectOf(operation));
      return {
        tenant,
        plan: await findPlan(tx, tenant.plan),
        warm: await findClaimed(tx, tenant.id),
        mark: await storedMark(tx),
      };
    });
    if (tenant.isolation === "shared")
      await platform.warm.common.isReady(
        platform,
        clusterOf(platform, tenant.placement.cluster),
        mark,
      );
    return plan && findThere(platform, { tenant, plan, warm, mark });
  },
  run: async ({ platform, operation }, { defaults }) => {
    if (Object.keys(defaults).length > 0) await configure(platform, subjectOf(operation), defaults);
  },
  commit: async (tx, job, { isolation, cluster, warm }) => {
    const tenant = await wanted(tx, job);
    if (warm !== undefined) await giveWarm(tx, job, tenant, warm);
    const opened = await activateOrAwait(tx, actingIn(job), tenant);
    const there = await job
      .cluster(cluster)
      .admit({ id: tenant.id, isolation }, scopeStateOf(opened));
    await markSynced(tx, opened);
    return there ? detailsOf(warm, opened.statusReason) : undefined;
  },
});

/** Finds out whether all that a tenant needs is there; undefined where something has to be made. */
export function findThere(
  platform: Platform,
  asked: {
    readonly tenant: Tenant;
    readonly plan: Pick<Plan, "defaults">;
    readonly warm: WarmPartition | undefined;
    readonly mark: string;
  },
): Found | undefined {
  const { tenant, plan, warm, mark } = asked;
  const { isolation, placement } = tenant;
  const cluster = clusterOf(platform, placement.cluster);
  const isThere =
    isolation === "shared"
      ? platform.warm.common.isKnown(platform, cluster, mark)
      : warm !== undefined;
  if (!isThere) return undefined;
  return { isolation, cluster: cluster.name, defaults: plan.defaults, warm };
}

async function giveWarm(
  tx: PlatformTx,
  { platform }: Job,
  tenant: Tenant,
  { place, incarnation }: WarmPartition,
): Promise<void> {
  await placeTenant(tx, tenant.id, place);
  const applied = partitionEntries(tenant, await listNames(tx), incarnation);
  await recordOutcomes(tx, { applied, failed: [] }, platform.now());
  await deleteWarm(tx, tenant.id);
}

const detailsOf = (
  warm: WarmPartition | undefined,
  waitsFor: string | undefined,
): Readonly<Record<string, string>> => ({
  ...(warm && {
    [makePartition.name]: `${warm.place.database ?? warm.place.schema}, made ahead`,
    [applyMigrations.name]: "applied when it was made",
    [verify.name]: `proven when it was made, at ${warm.madeAt.toISOString()}`,
  }),
  ...(waitsFor !== undefined && { [open.name]: waitsFor }),
});

/** The provisioning of a tenant. */
export const provisioning: OperationDefinition = {
  kind: "tenant.provision",
  steps: [validate, makePartition, applyMigrations, initialise, verify, open],
  atOnce: whereNothingIsMade,
  onFailed: (tx, job, error) => failTenant(tx, job, error),
  onCancelled: (tx, job) =>
    failTenant(tx, job, { code: "operation_cancelled", message: "Provisioning was cancelled." }),
  onRetried: async (tx, { platform, operation }) => {
    const now = platform.now();
    const tenant = moveTenant(await lockTenant(tx, subjectOf(operation)), "retry", { now });
    await updateTenant(tx, tenant);
  },
};

/**
 * As `beginProvisioning`, for a new tenant that has everything there already: it is provisioned by this process, as soon
 * as the transaction is committed.
 */
export async function beginAtOnce(
  tx: PlatformTx,
  { platform, actor, requestId }: Acting & { platform: Platform },
  tenant: Tenant,
  known: Found,
): Promise<{ operation: Operation; here?: BegunHere }> {
  const now = platform.now();
  const begun = { tenantId: tenant.id, actor, requestId, now, known };
  return platform.engine.beginHere(tx, provisioning, begun);
}

/** Has the tenant provisioned, with the transaction's commit. */
export async function beginProvisioning(
  tx: PlatformTx,
  { platform, actor, requestId }: Acting & { platform: Platform },
  tenant: Tenant,
): Promise<Operation> {
  const now = platform.now();
  return platform.engine.begin(tx, provisioning, { tenantId: tenant.id, actor, requestId, now });
}

async function failTenant(
  tx: PlatformTx,
  { platform, operation, origin }: Pick<Job, "platform" | "operation" | "origin">,
  error: { code: string; message: string },
): Promise<void> {
  const before = await lockTenant(tx, subjectOf(operation));
  // It was deleted meanwhile: then it stays so.
  if (before.status !== "provisioning") return;
  const now = platform.now();
  const tenant = moveTenant(before, "fail", { now, reason: error.message });
  await updateTenant(tx, tenant);
  await recordEvent(tx, origin, {
    type: "tenant.provisioning_failed",
    tenantId: tenant.id,
    data: { ...tenantChanges(before, tenant), error },
    now,
  });
}

/** The operation's tenant, locked; throws NoLongerWanted when it is not being provisioned any more. */
async function wanted(tx: PlatformTx, { operation }: Pick<Job, "operation">): Promise<Tenant> {
  const tenant = await lockTenant(tx, subjectOf(operation));
  if (tenant.status !== "provisioning") throw new NoLongerWanted(`the tenant is ${tenant.status}`);
  return tenant;
}
