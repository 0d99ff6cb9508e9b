// Everything that requests and operations of a running server share. It is made once the platform database is ready,
// and handed down as an argument; nothing here is global.
import { HestiaError, type TenantId } from "@hestia/core";
import type { Hestia } from "@hestia/postgres";
import type { Cluster, Database } from "@hestia/postgres/platform";
import type { Logger } from "pino";
import type { ChangeFeed } from "./changes.ts";
import type { Config } from "./config.ts";
import type { ResolveText } from "./dns.ts";
import type { Engine } from "./engine/engine.ts";
import type { Events } from "./events/events.ts";
import type { Outbound } from "./events/post.ts";
import type { WarmPool } from "./warm/warm-pool.ts";

/** A platform that is ready. */
export type Platform = {
  readonly config: Config;
  /** What the names of this process's sessions in the platform database end with: by it others end them when it is frozen. */
  readonly instance: string;
  readonly log: Logger;
  readonly now: () => Date;
  readonly db: Database;
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly engine: Engine;
  /** What changes, for screens that are open. */
  readonly feed: ChangeFeed;
  /** Partitions made ahead. */
  readonly warm: WarmPool;
  /** Where events go. */
  readonly events: Events;
  /** What the server may reach outside. */
  readonly outbound: Outbound;
  /** How texts of names are found. */
  readonly resolveText: ResolveText;
  /** The data plane, as applications have it: who a request's tenant is. */
  readonly hestia: Hestia;
  /** What an application connects with. */
  readonly directoryUrl: string;
};

/** The cluster that new tenants are placed in. */
export const defaultCluster = "default";

/** Returns the cluster of this name; throws `cluster_not_found`. */
export function clusterOf(platform: Pick<Platform, "clusters">, name: string): Cluster {
  const cluster = platform.clusters.get(name);
  if (!cluster) throw new HestiaError("cluster_not_found");
  return cluster;
}

/** What a tenant's log lines carry. */
export function tenantLog(log: Logger, tenantId: TenantId | undefined): Logger {
  return tenantId === undefined ? log : log.child({ tenantId });
}
