// What a tenant has in its data database: measured there, and beside it what the platform stores of migrations.
import type { dataRoutes, TenantDataView } from "@hestia/api";
import type { Tenant } from "@hestia/core";
import {
  type FailedTarget,
  getTenant,
  type LedgerRow,
  listFailedTargets,
  listMigrations,
  pathOf,
  type StoredMigration,
} from "@hestia/postgres/platform";
import { sharedTargetOf, targetOf } from "./fleet/ledger.ts";
import type { Handlers } from "./handlers.ts";
import { clusterOf, type Platform } from "./platform.ts";
import { hasPartition } from "./scope-state.ts";

/** The handlers of tenants' data. */
export const dataHandlers: Handlers<typeof dataRoutes> = {
  get: async ({ platform }, { tenantId }) => {
    const { tenant, files, failures } = await platform.db.asPlatform(async (tx) => {
      const tenant = await getTenant(tx, tenantId);
      const named = [targetOf(tenant), sharedTargetOf(tenant.placement.cluster)];
      const failures = await listFailedTargets(tx, { limit: named.length, named });
      return { tenant, files: await listMigrations(tx), failures };
    });
    const { tables, ledger } = await measured(platform, tenant);
    const body: TenantDataView = {
      tenantId,
      isolation: tenant.isolation,
      measuredAt: platform.now().toISOString(),
      bytesAre: tenant.isolation === "shared" ? "share" : "own",
      tables: tables.map(({ isCounted, bytes, ...table }) => ({
        ...table,
        rowsAre: isCounted ? "counted" : "estimated",
        ...(bytes === undefined ? {} : { bytes }),
      })),
      migrations: files.map((file) => migrationView(file, ledger, failures)),
    };
    return { status: 200, body };
  },
};

/** Nothing is there before the partition is made, and nothing after it was taken away. */
async function measured(platform: Platform, tenant: Tenant) {
  const isGone = tenant.status === "archived" || tenant.status === "purged";
  if (isGone || !hasPartition(tenant)) return { tables: [], ledger: [] };
  const cluster = clusterOf(platform, tenant.placement.cluster);
  const own = await cluster.ledgerOf(tenant);
  const shared = tenant.isolation === "database" ? [] : await cluster.ledger(["shared"]);
  return { tables: await cluster.measure(tenant), ledger: [...shared, ...own] };
}

function migrationView(
  file: StoredMigration,
  ledger: readonly LedgerRow[],
  failures: readonly FailedTarget[],
): TenantDataView["migrations"][number] {
  const { set, name, checksum } = file;
  const row = ledger.find((each) => each.set === set && each.name === name);
  const failed = failures.find((each) => each.file === pathOf(file));
  if (row !== undefined)
    return {
      ...{ set, name, state: row.checksum === checksum ? "applied" : "changed" },
      ...{ appliedAt: row.appliedAt.toISOString(), durationMs: row.durationMs },
    };
  if (failed === undefined) return { set, name, state: "pending" };
  const { message, line, at, blocked } = failed;
  const failure = { message, failedAt: at.toISOString(), blocked };
  return {
    ...{ set, name, state: "failed" },
    failure: line === undefined ? failure : { ...failure, line },
  };
}
