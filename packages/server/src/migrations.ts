// The application's migrations as operators see them: stored, and brought to every partition. A file that any partition
// has is never changed; one that never came through may be corrected.
import type { MigrationStateView, migrationRoutes } from "@hestia/api";
import { HestiaError, makeId, makeOperation, type Operation, type OperationId } from "@hestia/core";
import {
  countTargets,
  listFailedTargets,
  listMigrations,
  listTenantsAfter,
  lockMigrations,
  type MigrationFile,
  migrationFile,
  type PlatformTx,
  pathOf,
  type StoredMigration,
  storeMigrations,
} from "@hestia/postgres/platform";
import { type Acting, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import type { Handlers } from "./handlers.ts";
import { bringUp } from "./migrating.ts";
import type { Platform } from "./platform.ts";
import { answerWithOperation } from "./prefer.ts";
import { hasPartition } from "./scope-state.ts";

/** The handlers of migrations. */
export const migrationHandlers: Handlers<typeof migrationRoutes> = {
  get: async ({ platform }) => ({
    status: 200,
    body: await platform.db.asPlatform(readState),
  }),
  store: async (context, { files }) => {
    const given = files.map(({ set, name, sql }) => migrationFile(set, name, sql));
    const body = await context.platform.db.asPlatform(async (tx) => {
      await store(tx, context, given);
      return readState(tx);
    });
    return { status: 200, body };
  },
  up: async (context) => {
    const operation = await context.platform.db.asPlatform((tx) => begin(tx, context));
    return answerWithOperation(context, operation);
  },
};

/** What became of files that were to be stored, by their paths. */
export type Stored = {
  readonly added: readonly string[];
  /** Replaced: no partition had them. */
  readonly corrected: readonly string[];
  /** Stored before, and not among the files given. */
  readonly missing: readonly string[];
};

/**
 * Stores the files; throws `migration_changed`, and `migration_missing` when not all that are stored are among them.
 *
 * `partial` tolerates that: an older application that starts again must not fail for the files of a newer one.
 */
export async function store(
  tx: PlatformTx,
  { platform, ...acting }: Acting & { platform: Pick<Platform, "clusters" | "now"> },
  given: readonly MigrationFile[],
  { partial = false } = {},
): Promise<Stored> {
  await lockMigrations(tx);
  const stored = await listMigrations(tx);
  const byPath = new Map(given.map((file) => [pathOf(file), file]));
  const missing = stored.map(pathOf).filter((path) => !byPath.has(path));
  if (missing[0] !== undefined && !partial)
    throw new HestiaError("migration_missing", { file: missing[0] });
  const known = new Map(stored.map((file) => [pathOf(file), file.checksum]));
  const changed = given.filter((file) => known.get(pathOf(file)) !== file.checksum);
  const corrected = changed.filter((file) => known.has(pathOf(file)));
  if (corrected.length > 0) await checkUnapplied(tx, platform, corrected);
  const isNew = (path: string) => !known.has(path);
  const outcome = {
    added: changed.map(pathOf).filter(isNew),
    corrected: corrected.map(pathOf),
    missing,
  };
  if (changed.length === 0) return outcome;
  const now = platform.now();
  await storeMigrations(tx, changed, now);
  const added = changed.map(({ set, name, checksum }) => ({ set, name, checksum }));
  await recordEvent(tx, acting, { type: "migrations.uploaded", data: { added }, now });
  return outcome;
}

// The partitions' own ledgers are the truth of what was applied.
async function checkUnapplied(
  tx: PlatformTx,
  platform: Pick<Platform, "clusters">,
  files: readonly MigrationFile[],
): Promise<void> {
  const refuseIn = (ledger: readonly { set: string; name: string }[]) => {
    const file = files.find((each) =>
      ledger.some((row) => row.set === each.set && row.name === each.name),
    );
    if (file !== undefined) throw new HestiaError("migration_changed", { file: pathOf(file) });
  };
  for (const cluster of platform.clusters.values()) refuseIn(await cluster.ledger());
  for (let after: Parameters<typeof listTenantsAfter>[1]["after"]; ; ) {
    const tenants = await listTenantsAfter(tx, { after, limit: 500 });
    for (const tenant of tenants) {
      if (tenant.isolation !== "database" || !hasPartition(tenant)) continue;
      const cluster = platform.clusters.get(tenant.placement.cluster);
      if (cluster !== undefined) refuseIn(await cluster.ledgerOf(tenant));
    }
    after = tenants.at(-1)?.id;
    if (after === undefined) return;
  }
}

async function readState(tx: PlatformTx): Promise<MigrationStateView> {
  const files = await listMigrations(tx);
  const count = (set: string) => files.filter((file) => file.set === set).length;
  return {
    files: files.map(fileView),
    targets: await countTargets(tx, { tenantFiles: count("tenant"), sharedFiles: count("shared") }),
    failures: await listFailedTargets(tx, failuresShownMax),
  };
}

const failuresShownMax = 20;

function fileView({ set, name, checksum, storedAt }: StoredMigration) {
  return { set, name, checksum, storedAt: storedAt.toISOString() };
}

async function begin(tx: PlatformTx, context: OperatorContext): Promise<Operation> {
  const { platform, actor, requestId } = context;
  const now = platform.now();
  const operation = makeOperation({
    id: makeId<OperationId>(now),
    kind: bringUp.kind,
    steps: bringUp.steps.map((each) => each.name),
    now,
  });
  await platform.engine.begin(tx, operation, { actor, requestId, input: {} });
  await recordEvent(tx, context, {
    type: "migrations.started",
    data: { operationId: operation.id },
    now,
  });
  return operation;
}
