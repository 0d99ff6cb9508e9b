// What is stored of the application's migrations, and how it may change. A file that any partition has is never changed;
// one that never came through may be corrected or taken out.
import { HestiaError, schemaName } from "@hestia/core";
import {
  checkOrder,
  deleteMigrations,
  listMigrations,
  listTenantsAfter,
  listUnclaimed,
  lockMigrations,
  type MigrationFile,
  type PlatformTx,
  pathOf,
  storeMigrations,
} from "@hestia/postgres/platform";
import { type Acting, recordEvent } from "./audit.ts";
import type { Platform } from "./platform.ts";
import { hasPartition } from "./scope-state.ts";

/** What became of files that were to be stored, by their paths. */
export type Stored = {
  readonly added: readonly string[];
  /** Replaced: no partition had them. */
  readonly corrected: readonly string[];
  /** Taken out: no partition had them, and they are not among the files given. */
  readonly withdrawn: readonly string[];
  /** Stored before, and not among the files given. */
  readonly missing: readonly string[];
};

/**
 * Stores the files, and takes out those that are not given any more. What any partition has stays as it is: throws
 * `migration_changed`, `migration_missing`, and `migration_failed` for a new file that sorts before one that was applied.
 *
 * `partial` takes nothing out: an older application that starts again must not fail for the files of a newer one.
 */
export async function store(
  tx: PlatformTx,
  { platform, ...acting }: Acting & { platform: Pick<Platform, "clusters" | "now"> },
  given: readonly MigrationFile[],
  { partial = false } = {},
): Promise<Stored> {
  await lockMigrations(tx);
  const stored = await listMigrations(tx);
  const known = new Map(stored.map((file) => [pathOf(file), file.checksum]));
  const names = new Set(given.map(pathOf));
  const changed = given.filter((file) => known.get(pathOf(file)) !== file.checksum);
  const fresh = changed.filter((file) => !known.has(pathOf(file)));
  const corrected = changed.filter((file) => known.has(pathOf(file)));
  const missing = stored.filter((file) => !names.has(pathOf(file)));
  const late = fresh.filter(({ set, name }) =>
    stored.some((each) => each.set === set && each.name > name),
  );
  const withdrawn = partial ? [] : missing;
  if (corrected.length + withdrawn.length + late.length > 0) {
    const applied = await appliedAnywhere(tx, platform);
    checkCorrected(corrected, applied);
    checkMissing(withdrawn, applied);
    checkOrder(
      late,
      stored.filter((file) => applied.has(pathOf(file))),
    );
  }
  const outcome = {
    added: fresh.map(pathOf),
    corrected: corrected.map(pathOf),
    withdrawn: withdrawn.map(pathOf),
    missing: partial ? missing.map(pathOf) : [],
  };
  if (changed.length + withdrawn.length === 0) return outcome;
  const now = platform.now();
  await storeMigrations(tx, changed, now);
  await deleteMigrations(tx, withdrawn);
  const added = changed.map(({ set, name, checksum }) => ({ set, name, checksum }));
  const data = { added, withdrawn: outcome.withdrawn };
  await recordEvent(tx, acting, { type: "migrations.uploaded", data, now });
  return outcome;
}

function checkCorrected(corrected: readonly MigrationFile[], applied: Set<string>): void {
  const file = corrected.map(pathOf).find((path) => applied.has(path));
  if (file !== undefined) throw new HestiaError("migration_changed", { file });
}

function checkMissing(missing: readonly MigrationFile[], applied: Set<string>): void {
  const file = missing.map(pathOf).find((path) => applied.has(path));
  if (file !== undefined) throw new HestiaError("migration_missing", { file });
}

/** The paths of what any partition has: their own ledgers are the truth of that. */
async function appliedAnywhere(
  tx: PlatformTx,
  platform: Pick<Platform, "clusters">,
): Promise<Set<string>> {
  const applied = new Set<string>();
  const note = (ledger: readonly { set: string; name: string }[]) => {
    for (const { set, name } of ledger) applied.add(`${set}/${name}`);
  };
  // A partition that waits for a tenant is nobody's: it is made anew when a file that it has is corrected.
  const waiting = new Set((await listUnclaimed(tx)).map((id) => schemaName(id)));
  for (const cluster of platform.clusters.values())
    note((await cluster.ledger()).filter(({ place }) => !waiting.has(place)));
  for (let after: Parameters<typeof listTenantsAfter>[1]["after"]; ; ) {
    const tenants = await listTenantsAfter(tx, { after, limit: 500 });
    for (const tenant of tenants) {
      if (tenant.isolation !== "database" || !hasPartition(tenant)) continue;
      const cluster = platform.clusters.get(tenant.placement.cluster);
      if (cluster !== undefined) note(await cluster.ledgerOf(tenant));
    }
    after = tenants.at(-1)?.id;
    if (after === undefined) return applied;
  }
}
