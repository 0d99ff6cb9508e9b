// The clusters as operators see them.
import type { ClusterView, clusterRoutes } from "@hestia/api";
import { isolationModels } from "@hestia/core";
import { type ClusterRecord, listClusters } from "@hestia/postgres/platform";
import type { Handlers } from "./handlers.ts";
import { clusterOf, type Platform } from "./platform.ts";

/** The handlers of clusters. */
export const clusterHandlers: Handlers<typeof clusterRoutes> = {
  list: async ({ platform }) => {
    const records = await platform.db.asPlatform(listClusters);
    const items = await Promise.all(records.map((record) => view(platform, record)));
    return { status: 200, body: { items } };
  },
};

async function view(
  platform: Platform,
  { name, isolation, missing }: ClusterRecord,
): Promise<ClusterView> {
  const reachable = await clusterOf(platform, name)
    .check()
    .then(
      () => true,
      () => false,
    );
  return { name, reachable, models: [...isolationModels], isolation, missing: [...missing] };
}
