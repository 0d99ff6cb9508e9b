// The fleet's ledger beside the targets' own, which are the truth. One question a data database finds out where the two
// differ, and only those targets are read again; nobody is asked one by one.
import type { Tenant } from "@hestia/core";
import {
  type Cluster,
  type FleetTarget,
  fleetFingerprints,
  type LedgerEntry,
  type LedgerRow,
  listFleet,
  type NamedMigration,
  replaceLedger,
} from "@hestia/postgres/platform";
import type { Platform } from "../platform.ts";

/** The target of the tenants that share one partition. */
const appTargetOf = (cluster: string): string => `cluster/${cluster}/app`;

/** The target of the reference tables that all of a cluster's tenants read. */
export const sharedTargetOf = (cluster: string): string => `cluster/${cluster}/shared`;

/** The target that a tenant's migrations are noted under. */
export const targetOf = ({ id, isolation, placement }: Tenant): string =>
  isolation === "shared" ? appTargetOf(placement.cluster) : id;

/** What a partition has when all files were applied to it. */
export function partitionEntries(
  tenant: Tenant,
  files: readonly NamedMigration[],
  incarnation: string | undefined,
): LedgerEntry[] {
  const sharedTarget =
    tenant.isolation === "database" ? tenant.id : sharedTargetOf(tenant.placement.cluster);
  return files.map(({ set, name, checksum }) => ({
    target: set === "shared" ? sharedTarget : targetOf(tenant),
    set,
    name,
    checksum,
    durationMs: 0,
    ...(tenant.isolation === "database" ? { incarnation } : {}),
  }));
}

/** Which database a tenant's own is now; undefined where it has none. */
export async function incarnationOf(cluster: Cluster, tenant: Tenant): Promise<string | undefined> {
  const { isolation, placement } = tenant;
  return incarnationOfDatabase(cluster, isolation === "database" ? placement.database : undefined);
}

/** The same of a database by its name, which may be nobody's yet. */
export async function incarnationOfDatabase(
  cluster: Cluster,
  database: string | undefined,
): Promise<string | undefined> {
  return database === undefined ? undefined : (await cluster.fleet.incarnations()).get(database);
}

/** The fleet with what each target lacks. */
export type Fleet = {
  readonly targets: readonly FleetTarget[];
  /** Which database each of the tenants' own is now, by its name. */
  readonly incarnations: ReadonlyMap<string, string>;
};

/** Returns the fleet, after the ledger was brought to what the targets themselves say. */
export async function readFleet(platform: Platform): Promise<Fleet> {
  // Both sides are asked at once; a run that goes on meanwhile makes a difference that the next look finds gone.
  const owns = new Map(
    [...platform.clusters.values()].map((each) => [each.name, each.fleet.fingerprints()]),
  );
  const [targets, noted] = await Promise.all([
    platform.db.asPlatform(listFleet),
    platform.db.asPlatform(fleetFingerprints),
    ...owns.values(),
  ]);
  const incarnations = new Map<string, string>();
  let corrected = 0;
  for (const cluster of platform.clusters.values()) {
    const mine = targets.filter((each) => each.cluster === cluster.name);
    const own = (await owns.get(cluster.name)) ?? new Map();
    corrected += await agreeOnSchemas(platform, cluster, { mine, noted, own });
    for (const [name, incarnation] of await cluster.fleet.incarnations())
      incarnations.set(name, incarnation);
    corrected += await agreeOnDatabases(platform, cluster, { mine, incarnations });
  }
  if (corrected === 0) return { targets, incarnations };
  platform.log.warn({ targets: corrected }, "the fleet's ledger was behind the targets' own");
  return { targets: await platform.db.asPlatform(listFleet), incarnations };
}

type Fingerprints = Awaited<ReturnType<Cluster["fleet"]["fingerprints"]>>;

async function agreeOnSchemas(
  platform: Platform,
  cluster: Cluster,
  { mine, noted, own }: { mine: readonly FleetTarget[]; noted: Fingerprints; own: Fingerprints },
): Promise<number> {
  const differing = mine.filter((each) => {
    if (each.isolation === "database") return false;
    const [mark, theirs] = [noted.get(each.target), own.get(placeOf(each))];
    return mark?.files !== theirs?.files || mark?.sum !== theirs?.sum;
  });
  for (const part of chunksOf(differing, 500)) {
    const byPlace = new Map(part.map((each) => [placeOf(each), each.target]));
    const rows = await cluster.ledger([...byPlace.keys()]);
    const entries = rows.map((row) => entryOf(byPlace.get(row.place) ?? "", row));
    await replace(platform, part, entries);
  }
  return differing.length;
}

// A database that is noted as another one, or was never noted, is asked; the others are what they were.
async function agreeOnDatabases(
  platform: Platform,
  cluster: Cluster,
  { mine, incarnations }: { mine: readonly FleetTarget[]; incarnations: Fleet["incarnations"] },
): Promise<number> {
  let corrected = 0;
  for (const target of mine) {
    if (target.database === undefined || target.tenantId === undefined) continue;
    const incarnation = incarnations.get(target.database);
    if (incarnation === undefined || incarnation === target.incarnation) continue;
    try {
      const rows = await cluster.ledgerOf({ id: target.tenantId, isolation: "database" });
      const entries = rows.map((row) => ({ ...entryOf(target.target, row), incarnation }));
      await replace(platform, [target], entries);
      corrected += 1;
    } catch (error) {
      platform.log.warn({ err: error, target: target.target }, "a tenant's ledger cannot be read");
    }
  }
  return corrected;
}

function replace(platform: Platform, part: readonly FleetTarget[], entries: LedgerEntry[]) {
  const names = part.map((each) => each.target);
  return platform.db.asPlatform((tx) => replaceLedger(tx, names, entries, platform.now()));
}

function entryOf(target: string, row: LedgerRow): LedgerEntry {
  const { set, name, checksum, appliedAt, durationMs } = row;
  return { target, set, name, checksum, appliedAt, durationMs };
}

/** The schema of a target in its database. */
export function placeOf({ isolation, target }: FleetTarget): string {
  if (isolation === undefined) return "shared";
  return isolation === "schema" ? `t_${target.replaceAll("-", "")}` : "app";
}

function* chunksOf<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
