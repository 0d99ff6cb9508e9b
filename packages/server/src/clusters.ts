// The clusters as operators see them.
import type { ClusterView, clusterRoutes } from "@hestia/api";
import { isolationModels, limits } from "@hestia/core";
import {
  type ClusterRecord,
  countWanted,
  countWarm,
  listClusters,
  type WarmCount,
} from "@hestia/postgres/platform";
import type { Handlers } from "./handlers.ts";
import { clusterOf, defaultCluster, type Platform } from "./platform.ts";

/** The handlers of clusters. */
export const clusterHandlers: Handlers<typeof clusterRoutes> = {
  list: async ({ platform }) => {
    const { records, counts, wanted } = await platform.db.asPlatform(async (tx) => ({
      records: await listClusters(tx),
      counts: await countWarm(tx),
      wanted: await countWanted(tx, limits.warmPartitionsMax),
    }));
    const warmOf = (cluster: string): ClusterView["warm"] =>
      (["schema", "database"] as const).map((isolation) => {
        const is = (each: WarmCount) => each.cluster === cluster && each.isolation === isolation;
        const { ready = 0, making = 0, stale = 0 } = counts.find(is) ?? {};
        const asked = cluster === defaultCluster ? wanted[isolation] : 0;
        return { isolation, wanted: asked, ready, making, stale };
      });
    const items = await Promise.all(
      records.map(async (record) => ({
        ...(await view(platform, record)),
        warm: warmOf(record.name),
      })),
    );
    return { status: 200, body: { items } };
  },
};

async function view(
  platform: Platform,
  { name, isolation, missing }: ClusterRecord,
): Promise<Omit<ClusterView, "warm">> {
  const reachable = await clusterOf(platform, name)
    .check()
    .then(
      () => true,
      () => false,
    );
  return { name, reachable, models: [...isolationModels], isolation, missing: [...missing] };
}
