// The sweeper: what could not be done at once is done later, and what should agree is compared. Several servers may
// sweep at the same time; whatever they find is settled under the tenant's lock.
import { setTimeout as delay } from "node:timers/promises";
import { limits, type Tenant, type TenantId } from "@hestia/core";
import {
  type Cluster,
  deleteOldIdempotencyKeys,
  listTenantsAfter,
  listUnsynced,
} from "@hestia/postgres/platform";
import { enqueueOrphans } from "./engine/queue.ts";
import type { Platform } from "./platform.ts";
import { hasPartition, scopeStateOf, syncScopeState } from "./scope-state.ts";

const sweepMs = 2_000;
const compareMs = 60_000;
const databasesPerRound = 200;

/** Sweeps until the signal is aborted; resolves then. */
export async function keepReconciled(platform: Platform, signal: AbortSignal): Promise<void> {
  let comparedAt = Number.NEGATIVE_INFINITY;
  let nextDatabase: TenantId | undefined;
  while (!signal.aborted) {
    try {
      await repeatUnsynced(platform);
      if (performance.now() - comparedAt >= compareMs) {
        comparedAt = performance.now();
        await compareAll(platform, signal);
        nextDatabase = await compareDatabases(platform, nextDatabase, signal);
        await tidy(platform);
      }
    } catch (error) {
      platform.log.warn({ err: error }, "the sweep stopped early; it is repeated");
    }
    await delay(sweepMs, undefined, { signal }).catch(() => {});
  }
}

/** Repeats what could not be written to a data database at once. */
async function repeatUnsynced(platform: Platform): Promise<void> {
  const tenants = await platform.db.asPlatform((tx) => listUnsynced(tx, 100));
  for (const tenant of tenants) await syncScopeState(platform, tenant.id);
}

/** Compares the platform's states with those of every data database, both in the order of their ids. */
async function compareAll(platform: Platform, signal?: AbortSignal): Promise<void> {
  for (const cluster of platform.clusters.values()) {
    const states = readStates(cluster);
    let row = await states.next();
    for await (const tenant of tenantsOf(platform, signal)) {
      if (tenant.placement.cluster !== cluster.name || tenant.isolation === "database") continue;
      while (!row.done && row.value.tenantId < tenant.id) row = await states.next();
      const found = !row.done && row.value.tenantId === tenant.id ? row.value.state : undefined;
      if (found !== undefined && found !== scopeStateOf(tenant))
        await repair(platform, tenant, found);
    }
    await states.return(undefined);
  }
}

// Each takes a connection of its own: a bounded number a round, the next round goes on from there.
async function compareDatabases(
  platform: Platform,
  from: TenantId | undefined,
  signal: AbortSignal,
): Promise<TenantId | undefined> {
  let left = databasesPerRound;
  for await (const tenant of tenantsOf(platform, signal, from)) {
    if (tenant.isolation !== "database" || !hasPartition(tenant)) continue;
    const found = await platform.clusters.get(tenant.placement.cluster)?.stateOf(tenant);
    if (found !== undefined && found !== scopeStateOf(tenant))
      await repair(platform, tenant, found);
    left -= 1;
    if (left === 0) return tenant.id;
  }
  return undefined;
}

async function repair(platform: Platform, { id, status }: Tenant, found: string): Promise<void> {
  platform.log.warn({ tenantId: id, status, found }, "a tenant's state differed; repairing it");
  await syncScopeState(platform, id);
}

async function tidy({ db, now, log }: Platform): Promise<void> {
  const orphans = await db.asPlatform(enqueueOrphans);
  if (orphans > 0) log.warn({ orphans }, "operations without a job were queued again");
  const before = new Date(now().getTime() - limits.idempotencyHoursKept * 3_600_000);
  await db.asPlatform((tx) => deleteOldIdempotencyKeys(tx, before));
}

async function* readStates(cluster: Cluster) {
  yield* cluster.states();
}

async function* tenantsOf(
  { db }: Platform,
  signal?: AbortSignal,
  from?: TenantId,
): AsyncGenerator<Tenant> {
  for (let after = from; signal?.aborted !== true; ) {
    const page = await db.asPlatform((tx) => listTenantsAfter(tx, { after, limit: 1_000 }));
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}
