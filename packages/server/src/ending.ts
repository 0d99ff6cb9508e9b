// How tenants end, from top to bottom. A deleted tenant is archived when its grace is over: its rows go, its archive stays
// and can bring it back. Purging takes everything, proves that nothing is left, and certifies it. Until the very last
// step what was taken away comes back from the archive when the operation is undone.
import { createHash } from "node:crypto";
import type { CertificateView } from "@hestia/api";
import {
  canonicalJson,
  daysFrom,
  expectDeletable,
  HestiaError,
  type JsonObject,
  moveTenant,
  type Operation,
  type Tenant,
  type TenantEnd,
  type TenantId,
  type TenantMove,
  type TenantStatus,
  tenantChanges,
} from "@hestia/core";
import {
  type Archive,
  clearConfiguration,
  type Database,
  deleteArchives,
  deleteMadeKeys,
  deleteTarget,
  deleteVerifications,
  type FoundStore,
  findArchive,
  findPlan,
  initialiseConfiguration,
  insertCertificate,
  listConfiguration,
  listMigrations,
  lockTenant,
  type PlatformTx,
  placeTenant,
  scrubTenant,
  updateTenant,
  verifyArchive,
} from "@hestia/postgres/platform";
import { readArchive, readHead, rowsOf, type WrittenArchive, writeArchive } from "./archive.ts";
import { type Acting, recordEvent } from "./audit.ts";
import { checkDeletion } from "./deletion-checks.ts";
import { type Job, NoLongerWanted, type OperationDefinition, step } from "./engine/kinds.ts";
import { subjectOf, tenantOf } from "./engine/subject.ts";
import type { Platform } from "./platform.ts";
import { beginProvisioning } from "./provisioning.ts";
import { scopeStateOf, writeScopeState } from "./scope-state.ts";

/** Nobody says "purge" to a tenant that must be kept, however long ago it was asked. */
const check = (end: TenantEnd, statuses: readonly TenantStatus[]) =>
  step({
    name: "check",
    commit: async (tx, job) => {
      const tenant = await lockTenant(tx, subjectOf(job.operation));
      if (!statuses.includes(tenant.status)) throw new NoLongerWanted(`it is ${tenant.status}`);
      expectDeletable(await checkDeletion(tx, tenant, job.platform.now()), end);
      return undefined;
    },
  });

const endAccess = step({
  name: "end access",
  commit: async (tx, job) => {
    await writeScopeState(tx, job.platform, await lockTenant(tx, subjectOf(job.operation)));
    return undefined;
  },
});

const archive = step<WrittenArchive | undefined>({
  name: "archive",
  run: async (job) => {
    const tenant = await tenantOf(job);
    if (tenant.status === "archived") return undefined;
    const { db, now } = job.platform;
    return writeArchive({ db, now: now() }, job.cluster(tenant.placement.cluster), tenant);
  },
  commit: async (tx, { platform }, written) => {
    if (written === undefined) return "it is archived already";
    await verifyArchive(tx, { ...written, now: platform.now() });
    const rows = written.tables.reduce((sum, table) => sum + table.rows, 0);
    return `${written.tables.length} tables, ${rows} rows, read back`;
  },
});

const removePartition = step({
  name: "remove partition",
  run: async (job) => {
    const tenant = await tenantOf(job);
    const cluster = job.cluster(tenant.placement.cluster);
    await cluster.thinOut(tenant, (gone) => void job.note(`${gone} rows are gone`));
    await cluster.dropPartition(tenant);
  },
  commit: async (tx, job) => {
    await placeTenant(tx, subjectOf(job.operation), {});
    await deleteTarget(tx, subjectOf(job.operation));
    return undefined;
  },
  undo: async (job) => {
    const tenant = await tenantOf(job);
    // One that was archived before had none.
    if (tenant.status !== "archived") await rebuild(job, tenant, await archiveOf(job));
  },
});

const removeConfiguration = step({
  name: "remove configuration",
  run: ({ platform: { db }, operation }) =>
    db.asTenant(subjectOf(operation), (tx) => clearConfiguration(tx)),
  commit: async (tx, job) => {
    await deleteMadeKeys(tx, subjectOf(job.operation));
    return undefined;
  },
  undo: async (job) => restoreConfiguration(job, await archiveOf(job)),
});

const certify = step({
  name: "prove and certify",
  run: async (job): Promise<FoundStore[]> => {
    const tenant = await tenantOf(job);
    const stores = [
      ...(await job.cluster(tenant.placement.cluster).remainsOf(tenant)),
      { store: "configuration", found: await countConfiguration(job.platform.db, tenant.id) },
    ];
    const left = stores.find(({ found }) => found > 0);
    if (left !== undefined) throw new HestiaError("erasure_incomplete", { store: left.store });
    return stores;
  },
  commit: async (tx, job, stores) => {
    const before = await lockTenant(tx, subjectOf(job.operation));
    const gone = await findArchive(tx, before.id);
    await deleteArchives(tx, before.id);
    await deleteVerifications(tx, before.id);
    const tenant = await moved(tx, job, before, { move: "purge", endsAt: undefined });
    const body = certificate(job, tenant, { stores, gone });
    await insertCertificate(tx, { tenantId: tenant.id, body, now: job.platform.now() });
    await scrubTenant(tx, tenant);
    return `${body.stores.length} stores are empty`;
  },
});

const markArchived = step({
  name: "mark archived",
  commit: async (tx, job) => {
    const before = await lockTenant(tx, subjectOf(job.operation));
    const plan = await findPlan(tx, before.plan);
    const endsAt = daysFrom(job.platform.now(), plan?.archiveDays ?? 90);
    await moved(tx, job, before, { move: "archive", endsAt });
    return `kept until ${endsAt.toISOString()}`;
  },
});

const restoreRows = step({
  name: "restore from the archive",
  run: async (job) => rebuild(job, await tenantOf(job), await archiveOf(job)),
  undo: async (job) => {
    const tenant = await tenantOf(job);
    await job.cluster(tenant.placement.cluster).dropPartition(tenant);
  },
  uncommit: async (tx, job) => {
    await placeTenant(tx, subjectOf(job.operation), {});
    await deleteTarget(tx, subjectOf(job.operation));
  },
});

const restoreSettings = step({
  name: "restore configuration",
  run: async (job) => restoreConfiguration(job, await archiveOf(job)),
  undo: ({ platform: { db }, operation }) =>
    db.asTenant(subjectOf(operation), (tx) => clearConfiguration(tx)),
});

const verify = step({
  name: "verify",
  run: async (job) => {
    const tenant = await tenantOf(job);
    await job.cluster(tenant.placement.cluster).verifyPartition(tenant);
  },
});

const reopen = step({
  name: "reopen",
  commit: async (tx, job) => {
    const before = await lockTenant(tx, subjectOf(job.operation));
    const tenant = await moved(tx, job, before, { move: "reopen", endsAt: undefined });
    await deleteArchives(tx, tenant.id);
    await writeScopeState(tx, job.platform, tenant);
    return undefined;
  },
});

/** A deleted tenant's rows go, and its archive stays. */
export const archiving: OperationDefinition = {
  kind: "tenant.archive",
  steps: [
    check("delete", ["deleting"]),
    endAccess,
    archive,
    removePartition,
    removeConfiguration,
    markArchived,
  ],
};

/** Everything of a deleted or archived tenant goes. */
export const purging: OperationDefinition = {
  kind: "tenant.purge",
  steps: [
    check("purge", ["deleting", "archived"]),
    endAccess,
    archive,
    removePartition,
    removeConfiguration,
    certify,
  ],
};

/** A deleted tenant comes back, once what was taking it away is undone. */
export const restoring: OperationDefinition = {
  kind: "tenant.restore",
  steps: [
    step({
      name: "restore",
      commit: async (tx, job) => {
        const before = await lockTenant(tx, subjectOf(job.operation));
        if (before.status === "archived") {
          await beginUnarchiving(tx, { ...job.origin, platform: job.platform }, before);
          return "it was archived meanwhile, and is brought back from there";
        }
        if (before.status !== "deleting") throw new NoLongerWanted(`it is ${before.status}`);
        const tenant = await moved(tx, job, before, { move: "restore", endsAt: undefined });
        if (tenant.status === "provisioning")
          await beginProvisioning(tx, { ...job.origin, platform: job.platform }, tenant);
        await writeScopeState(tx, job.platform, tenant);
        return undefined;
      },
    }),
  ],
};

/** Has an archived tenant brought back, with the transaction's commit; throws `archive_not_found`. */
export async function beginUnarchiving(
  tx: PlatformTx,
  { platform, actor, requestId }: Acting & { readonly platform: Platform },
  before: Tenant,
): Promise<Operation> {
  if ((await findArchive(tx, before.id)) === undefined) throw new HestiaError("archive_not_found");
  const now = platform.now();
  await updateTenant(tx, moveTenant(before, "unarchive", { now }));
  const origin = { tenantId: before.id, actor, requestId, now };
  return platform.engine.begin(tx, unarchiving, origin);
}

/** An archived tenant comes back. */
export const unarchiving: OperationDefinition = {
  kind: "tenant.unarchive",
  steps: [restoreRows, restoreSettings, verify, reopen],
  onFailed: (tx, job) => archiveAgain(tx, job),
  onCancelled: (tx, job) => archiveAgain(tx, job),
  onRetried: async (tx, { platform, operation }) => {
    const before = await lockTenant(tx, subjectOf(operation));
    await updateTenant(tx, moveTenant(before, "unarchive", { now: platform.now() }));
  },
};

async function archiveAgain(
  tx: PlatformTx,
  { platform, operation }: Pick<Job, "platform" | "operation">,
): Promise<void> {
  const before = await lockTenant(tx, subjectOf(operation));
  if (before.status !== "provisioning") return;
  const reason = "Bringing it back from its archive failed.";
  await updateTenant(tx, moveTenant(before, "archive_again", { now: platform.now(), reason }));
}

/** Makes the partition anew: its tables as they were, its rows, and then what migrations have come since. */
async function rebuild(job: Job, tenant: Tenant, { id }: Archive): Promise<void> {
  const { db } = job.platform;
  const cluster = job.cluster(tenant.placement.cluster);
  const { ledger } = await readHead(db, id);
  const files = await db.asPlatform(listMigrations);
  const had = new Set(ledger.map(({ set, name }) => `${set}/${name}`));
  const then = files.filter(({ set, name }) => had.has(`${set}/${name}`));
  const place = await cluster.makePartition(tenant);
  await db.asPlatform(async (tx) => {
    await lockTenant(tx, tenant.id);
    await placeTenant(tx, tenant.id, place);
  });
  const placed = await tenantOf(job);
  // Shared tenants live in tables that are current already.
  if (tenant.isolation !== "shared") await cluster.migratePartition(placed, then);
  await cluster.writeRows(placed, rowsOf(readArchive(db, id)));
  await cluster.migratePartition(placed, files);
  await cluster.setState(placed, scopeStateOf(placed));
}

async function restoreConfiguration(job: Job, { id }: Archive): Promise<void> {
  const { db, now } = job.platform;
  const { configuration } = await readHead(db, id);
  await db.asTenant(subjectOf(job.operation), (tx) =>
    initialiseConfiguration(tx, configuration, now()),
  );
}

async function countConfiguration(db: Database, tenantId: TenantId): Promise<number> {
  return Object.keys(await db.asTenant(tenantId, listConfiguration)).length;
}

async function moved(
  tx: PlatformTx,
  { platform, origin }: Job,
  before: Tenant,
  { move, endsAt }: { move: TenantMove; endsAt: Date | undefined },
): Promise<Tenant> {
  const now = platform.now();
  const reason = origin.input.reason as string | undefined;
  const tenant = { ...moveTenant(before, move, { now, reason }), endsAt };
  await updateTenant(tx, tenant);
  const data = tenantChanges(before, tenant);
  const type = eventOf[move as keyof typeof eventOf];
  await recordEvent(tx, origin, { type, tenantId: tenant.id, reason, data, now });
  return tenant;
}

const eventOf = {
  archive: "tenant.archived",
  purge: "tenant.purged",
  reopen: "tenant.restored",
  restore: "tenant.restored",
} as const;

function certificate(
  { platform, origin }: Job,
  { id, isolation, statusReason }: Tenant,
  { stores, gone }: { stores: readonly FoundStore[]; gone: Archive | undefined },
): CertificateView & JsonObject {
  const told = {
    tenantId: id,
    issuedAt: platform.now().toISOString(),
    ...(statusReason === undefined ? {} : { reason: statusReason }),
    requestedBy: origin.actor.name,
    isolation,
    erased: (gone?.tables ?? []).map((table) => ({ ...table })),
    stores: [...stores, ...emptied.map((store) => ({ store, found: 0 }))],
    kept,
  };
  return { ...told, sha256: createHash("sha256").update(canonicalJson(told)).digest("hex") };
}

// What the transaction of the certificate itself takes away, or the step before it.
const emptied = ["archives", "idempotency keys", "verifications"];

const kept = [
  { store: "audit log", why: "It proves who did what to the tenant; its rows are never changed." },
  { store: "operations", why: "Their steps and times, for 90 days." },
  { store: "webhook deliveries", why: "What was sent of the tenant's events, for 30 days." },
  {
    store: "the tenant's id, plan, isolation model and times",
    why: "So that the id is never used again.",
  },
  {
    store: "backups of the PostgreSQL servers",
    why: "They are made outside Hestia, and end with their own retention.",
  },
];

async function archiveOf({ platform, operation }: Pick<Job, "platform" | "operation">) {
  const found = await platform.db.asPlatform((tx) => findArchive(tx, subjectOf(operation)));
  if (found === undefined) throw new HestiaError("archive_not_found");
  return found;
}
