// The SQL of clusters: the PostgreSQL servers that hold tenants. Their credentials stay where they are.
import { HestiaError } from "@hestia/core";
import { sql } from "kysely";
import type { PlatformTx } from "./database.ts";

/** A PostgreSQL server that holds tenants, as the platform knows it. */
export type ClusterRecord = {
  readonly id: string;
  readonly name: string;
  readonly isolation: "full" | "reduced";
  /** What it lacks for full isolation, each in one sentence. */
  readonly missing: readonly string[];
};

/** Returns every cluster by name: there are few. */
export async function listClusters(tx: PlatformTx): Promise<ClusterRecord[]> {
  const rows = await tx
    .selectFrom("clusters")
    .select(["id", "name", "isolation", "missing"])
    .orderBy("name")
    .execute();
  return rows.map(({ id, name, isolation, missing }) => ({
    id,
    name,
    isolation: isolation as ClusterRecord["isolation"],
    missing: missing as readonly string[],
  }));
}

/** Returns the version of the server that holds the platform's own database. */
export async function getServerVersion(tx: PlatformTx): Promise<string> {
  const { rows } = await sql<{ version: string }>`
    select split_part(current_setting('server_version'), ' ', 1) as version`.execute(tx);
  return rows[0]?.version ?? "";
}

/** Returns the cluster of this name; throws `cluster_not_found`. */
export async function getCluster(tx: PlatformTx, name: string): Promise<ClusterRecord> {
  const found = (await listClusters(tx)).find((cluster) => cluster.name === name);
  if (!found) throw new HestiaError("cluster_not_found");
  return found;
}
