// The sweeper: what could not be done at once is done later, and what should agree is compared. Every cluster is swept by
// itself, so that one that is down keeps no other waiting; every round is bounded and the next goes on where it ended.
// Several servers may sweep at the same time; whatever they find is settled under the tenant's lock.
import { setTimeout as delay } from "node:timers/promises";
import { isolationModels, limits, type Tenant, type TenantId } from "@hestia/core";
import {
  type Cluster,
  deleteOldIdempotencyKeys,
  deleteOldOperations,
  listTenantsAfter,
  listUnsynced,
} from "@hestia/postgres/platform";
import { doWhatIsDue } from "./due.ts";
import { enqueueOrphans } from "./engine/queue.ts";
import type { Platform } from "./platform.ts";
import { hasPartition, scopeStateOf, syncScopeState } from "./scope-state.ts";

const sweepMs = 2_000;
const compareMs = 60_000;
/** What a round may begin in this time; a database that does not answer costs its own bound on top. */
const roundMsMax = 5_000;
const unsyncedPerRound = 100;
const databasesPerRound = 200;
const prunedPerRound = 500;

/** Sweeps until the signal is aborted; resolves then. */
export async function keepReconciled(platform: Platform, signal: AbortSignal): Promise<void> {
  const sweeps = [...platform.clusters.values()].map((cluster) =>
    keepSwept(platform, cluster, signal),
  );
  const due = repeated(platform, signal, sweepMs, () => doWhatIsDue(platform));
  await Promise.all([...sweeps, due, keepTidy(platform, signal)]);
}

/** Sweeps one cluster: often what is known to be behind, now and then everything. */
async function keepSwept(platform: Platform, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const repeats = [false, true].map((isOwn) =>
    inTurns((from) => repeatUnsynced(platform, cluster, { from, signal, isOwn })),
  );
  const compareDatabases = inTurns((from) => compareOwn(platform, cluster, { from, signal }));
  let comparedAt = Number.NEGATIVE_INFINITY;
  await repeated(platform, signal, sweepMs, async () => {
    for (const repeat of repeats) await repeat();
    if (performance.now() - comparedAt < compareMs) return;
    comparedAt = performance.now();
    // The one fails with the data database alone; the others' databases may well be there.
    await compareShared(platform, cluster, signal).finally(compareDatabases);
  });
}

async function keepTidy(platform: Platform, signal: AbortSignal): Promise<void> {
  await repeated(platform, signal, compareMs, () => tidy(platform));
}

async function repeated(
  { log }: Platform,
  signal: AbortSignal,
  pauseMs: number,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) =>
      log.warn({ err: error }, "a sweep stopped early; it is repeated"),
    );
    await delay(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** Where a round ended: the next goes on behind this tenant, or begins anew where there is none. */
type Next = TenantId | undefined;
type Round = { readonly from: Next; readonly signal: AbortSignal };

function inTurns(round: (from: Next) => Promise<Next>): () => Promise<void> {
  let next: Next;
  return async () => {
    next = await round(next);
  };
}

/** Tells when a round has to end: its time is over, or the server stops. */
function endOf({ signal }: Round): () => boolean {
  const until = performance.now() + roundMsMax;
  return () => signal.aborted || performance.now() > until;
}

/** Repeats what could not be written at once to the data database, or to databases of tenants' own. */
async function repeatUnsynced(
  platform: Platform,
  cluster: Cluster,
  { isOwn, ...round }: Round & { readonly isOwn: boolean },
): Promise<Next> {
  const isOver = endOf(round);
  const isolation = isolationModels.filter((model) => (model === "database") === isOwn);
  const walk = { cluster: cluster.name, isolation, after: round.from, limit: unsyncedPerRound };
  const tenants = await platform.db.asPlatform((tx) => listUnsynced(tx, walk));
  for (const [index, { id }] of tenants.entries()) {
    if (isOver()) return tenants[index - 1]?.id ?? round.from;
    // What cannot be written for one cannot for all in the same database; the next round begins with another.
    if (!(await syncScopeState(platform, id)) && !isOwn) return id;
  }
  return tenants.length < unsyncedPerRound ? undefined : tenants.at(-1)?.id;
}

/** Compares the platform's states with those of the cluster's data database, both in the order of their ids. */
async function compareShared(
  platform: Platform,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const states = readStates(cluster);
  try {
    let row = await states.next();
    for await (const tenant of tenantsOf(platform, cluster, { signal })) {
      if (tenant.isolation === "database") continue;
      while (!row.done && row.value.tenantId < tenant.id) row = await states.next();
      const found = !row.done && row.value.tenantId === tenant.id ? row.value.state : undefined;
      if (found !== undefined && found !== scopeStateOf(tenant))
        await repair(platform, tenant, found);
    }
  } finally {
    await states.return(undefined);
  }
}

// Each takes a connection of its own: a bounded number a round.
async function compareOwn(platform: Platform, cluster: Cluster, round: Round): Promise<Next> {
  const isOver = endOf(round);
  let left = databasesPerRound;
  for await (const tenant of tenantsOf(platform, cluster, round)) {
    if (tenant.isolation !== "database" || !hasPartition(tenant)) continue;
    const found = await stateOf(platform, cluster, tenant);
    if (found !== undefined && found !== scopeStateOf(tenant))
      await repair(platform, tenant, found);
    left -= 1;
    if (left === 0 || isOver()) return tenant.id;
  }
  return undefined;
}

async function stateOf({ log }: Platform, cluster: Cluster, tenant: Tenant) {
  return cluster.stateOf(tenant).catch((error: unknown) => {
    log.warn({ err: error, tenantId: tenant.id }, "the tenant's database cannot be compared");
    return undefined;
  });
}

async function repair(platform: Platform, { id, status }: Tenant, found: string): Promise<void> {
  platform.log.warn({ tenantId: id, status, found }, "a tenant's state differed; repairing it");
  await syncScopeState(platform, id);
}

async function tidy(platform: Platform): Promise<void> {
  const { db, now, log } = platform;
  const orphans = await db.asPlatform(enqueueOrphans);
  if (orphans > 0) log.warn({ orphans }, "operations without a job were queued again");
  const before = new Date(now().getTime() - limits.idempotencyHoursKept * 3_600_000);
  await db.asPlatform((tx) => deleteOldIdempotencyKeys(tx, before));
  const long = new Date(now().getTime() - limits.operationDaysKept * 86_400_000);
  await db.asPlatform((tx) => deleteOldOperations(tx, { before: long, limit: prunedPerRound }));
  await platform.events.tidy(platform);
}

async function* readStates(cluster: Cluster) {
  yield* cluster.states();
}

async function* tenantsOf(
  { db }: Platform,
  { name: cluster }: Cluster,
  { signal, from }: { readonly signal: AbortSignal; readonly from?: Next },
): AsyncGenerator<Tenant> {
  for (let after = from; !signal.aborted; ) {
    const page = await db.asPlatform((tx) =>
      listTenantsAfter(tx, { cluster, after, limit: 1_000 }),
    );
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}
