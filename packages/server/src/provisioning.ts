// How a tenant comes into being, from top to bottom. Each step can be repeated; when one fails for good the partition is
// taken away again and the tenant is failed, so that a retry begins from a clean place.
import { HestiaError, moveTenant, type Operation, type Tenant, tenantChanges } from "@hestia/core";
import {
  clearConfiguration,
  deleteTarget,
  findPlan,
  getTenant,
  initialiseConfiguration,
  listMigrations,
  lockTenant,
  type PlatformTx,
  pathOf,
  placeTenant,
  recordOutcomes,
  updateTenant,
} from "@hestia/postgres/platform";
import { activateOrAwait } from "./activation.ts";
import { type Acting, recordEvent } from "./audit.ts";
import { type Job, NoLongerWanted, type OperationDefinition, step } from "./engine/kinds.ts";
import { incarnationOf, partitionEntries } from "./fleet/ledger.ts";
import { clusterOf, type Platform } from "./platform.ts";
import { writeScopeState } from "./scope-state.ts";

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
    await placeTenant(tx, (await wanted(tx, job)).id, place);
    return place.database ?? place.schema;
  },
  undo: async (job) => {
    const tenant = await tenantOf(job);
    await job.cluster(tenant.placement.cluster).dropPartition(tenant);
  },
  uncommit: async (tx, { operation }) => {
    const { id } = await lockTenant(tx, subject(operation));
    await placeTenant(tx, id, {});
    await deleteTarget(tx, id);
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
    const { db, now } = platform;
    const plan = await db.asPlatform(async (tx) =>
      findPlan(tx, (await getTenant(tx, subject(operation))).plan),
    );
    await db.asTenant(subject(operation), (tx) =>
      initialiseConfiguration(tx, plan?.defaults ?? {}, now()),
    );
  },
  undo: ({ platform, operation }) =>
    platform.db.asTenant(subject(operation), (tx) => clearConfiguration(tx)),
});

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
    const before = await wanted(tx, job);
    const acting = { ...job.origin, platform: job.platform };
    const tenant = await activateOrAwait(tx, acting, before);
    await writeScopeState(tx, job.platform, tenant);
    return tenant.statusReason;
  },
});

/** The provisioning of a tenant. */
export const provisioning: OperationDefinition = {
  kind: "tenant.provision",
  steps: [validate, makePartition, applyMigrations, initialise, verify, open],
  onFailed: (tx, job, error) => failTenant(tx, job, error),
  onCancelled: (tx, job) =>
    failTenant(tx, job, { code: "operation_cancelled", message: "Provisioning was cancelled." }),
  onRetried: async (tx, { platform, operation }) => {
    const now = platform.now();
    const tenant = moveTenant(await lockTenant(tx, subject(operation)), "retry", { now });
    await updateTenant(tx, tenant);
  },
};

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
  const before = await lockTenant(tx, subject(operation));
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
  const tenant = await lockTenant(tx, subject(operation));
  if (tenant.status !== "provisioning") throw new NoLongerWanted(`the tenant is ${tenant.status}`);
  return tenant;
}

async function tenantOf({
  platform,
  operation,
}: Pick<Job, "platform" | "operation">): Promise<Tenant> {
  return platform.db.asPlatform((tx) => getTenant(tx, subject(operation)));
}

function subject({ tenantId }: Operation) {
  if (tenantId === undefined) throw new Error("a provisioning has a tenant");
  return tenantId;
}
