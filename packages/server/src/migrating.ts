// Bringing every partition up to the stored migrations. Each target is on its own: one that fails is noted and does not
// keep the others, and whatever is current already is passed over by its own ledger.
import { HestiaError, isHestiaError, type Tenant, type TenantId } from "@hestia/core";
import {
  listMigrations,
  listTenantsAfter,
  type MigrationFile,
  type MigrationTarget,
  recordTarget,
} from "@hestia/postgres/platform";
import { type Job, LetGo, type OperationDefinition, step } from "./engine/kinds.ts";
import { isTransient } from "./engine/patience.ts";
import { clusterOf } from "./platform.ts";
import { hasPartition } from "./scope-state.ts";

const sharedSets = step({
  name: "shared migrations",
  run: async (job) => {
    const files = await job.platform.db.asPlatform(listMigrations);
    for (const cluster of job.platform.clusters.values())
      await bring(job, sharedTargetOf(cluster), files, "shared", () =>
        cluster.migrateShared(files),
      );
  },
});

const partitions = step({
  name: "partitions",
  run: async (job) => {
    const files = await job.platform.db.asPlatform(listMigrations);
    const sharedDone = new Set<string>();
    let done = 0;
    for await (const tenant of tenantsOf(job)) {
      if (job.signal.aborted) throw new LetGo("this process is stopping");
      const { placement, isolation } = tenant;
      // All shared tenants of a cluster live in one partition.
      if (isolation === "shared" && sharedDone.has(placement.cluster)) continue;
      if (isolation === "shared") sharedDone.add(placement.cluster);
      await bring(job, targetOf(tenant), files, "tenant", () =>
        clusterOf(job.platform, placement.cluster).migratePartition(tenant, files),
      );
      done += 1;
      if (done % notedEvery === 0) void job.note(`${done} partitions are current`);
    }
    return done;
  },
  commit: async (_tx, _job, done) => `${done} partitions are current`,
});

const notedEvery = 10;

/** The bringing of every partition up to the stored migrations. */
export const bringUp: OperationDefinition = {
  kind: "migrations.up",
  steps: [sharedSets, partitions],
};

type Named = Pick<MigrationTarget, "target" | "tenantId">;

/** The target that a tenant's migrations are noted under. */
export function targetOf({ id, isolation, placement }: Tenant): Named {
  return isolation === "shared"
    ? { target: `cluster/${placement.cluster}/app` }
    : { target: id, tenantId: id };
}

/** The target that a cluster's shared migrations are noted under. */
export function sharedTargetOf({ name }: { readonly name: string }): Named {
  return { target: `cluster/${name}/shared` };
}

// The first failure ends the step: the same file would most likely fail everywhere.
async function bring(
  { platform }: Job,
  named: Named,
  files: readonly MigrationFile[],
  set: MigrationFile["set"],
  migrate: () => Promise<unknown>,
): Promise<void> {
  const due = files.filter((file) => file.set === set).length;
  const record = (target: Omit<MigrationTarget, keyof Named>) =>
    platform.db.asPlatform((tx) => recordTarget(tx, { ...named, ...target }, platform.now()));
  try {
    await migrate();
    await record({ applied: due });
  } catch (error) {
    if (isTransient(error)) throw error;
    const file = isHestiaError(error) ? String(error.details.file ?? "") : "";
    const message = isHestiaError(error) ? error.message : "Something went wrong inside.";
    await record({ applied: 0, failure: { file, message } });
    throw isHestiaError(error) ? error : new HestiaError("internal", {}, { cause: error });
  }
}

async function* tenantsOf({ platform }: Job): AsyncGenerator<Tenant> {
  for (let after: TenantId | undefined; ; ) {
    const page = await platform.db.asPlatform((tx) => listTenantsAfter(tx, { after, limit: 500 }));
    yield* page.filter((tenant) => hasPartition(tenant) && servedStatuses.has(tenant.status));
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

const servedStatuses = new Set(["pending", "active", "readonly", "suspended", "deleting"]);
