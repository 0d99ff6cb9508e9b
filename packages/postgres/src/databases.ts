// The connections to every database that holds tenants: one pool for a cluster's data database,
// small ones for tenants' own databases, of which the least used are closed.

import { HestiaError, type TenantId } from "@hestia/core";
import pg from "pg";
import { openLogin } from "./cluster/cluster.ts";
import type { ClusterCredentials } from "./cluster/roles.ts";
import type { DirectoryCluster, DirectoryEntry } from "./directory.ts";
import { translate } from "./failures.ts";
import { ScopedPool } from "./scoped/scoped-pool.ts";
import { open } from "./secrets.ts";

/** Another address for a cluster, such as that of a pooler in front of it. */
export type ClusterAddress = {
  readonly host: string;
  readonly port: number;
  /** False where a pooler in transaction mode has no prepared statements. Default true. */
  readonly preparedStatements?: boolean;
};

export type DatabasesOptions = {
  readonly secretKey: string;
  /** Connections to a cluster's data database. */
  readonly connectionsMax: number;
  /** Bytes of one result, at most. */
  readonly resultBytesMax: number;
  readonly addresses: Readonly<Record<string, ClusterAddress>>;
  readonly ssl: pg.PoolConfig["ssl"];
  readonly readClusters: () => Promise<DirectoryCluster[]>;
};

type KnownCluster = DirectoryCluster & { readonly logins: ClusterCredentials };

const tenantPoolsMax = 64;
const tenantConnectionsMax = 4;

/** See the file's head. */
export class Databases {
  readonly #options: DatabasesOptions;
  readonly #clusters = new Map<string, KnownCluster>();
  readonly #shared = new Map<string, ScopedPool>();
  readonly #own = new Map<TenantId, ScopedPool>();
  readonly #issuers = new Map<string, pg.Pool>();

  constructor(options: DatabasesOptions) {
    this.#options = options;
  }

  /** Connections to a cluster's data database, at most. */
  get connectionsMax(): number {
    return this.#options.connectionsMax;
  }

  /** Reads the clusters and opens their logins; throws when the secret key is another one. */
  async refresh(): Promise<void> {
    for (const cluster of await this.#options.readClusters()) {
      const opened = open(this.#options.secretKey, `cluster:${cluster.name}`, cluster.credentials);
      this.#clusters.set(cluster.name, {
        ...cluster,
        logins: JSON.parse(opened) as ClusterCredentials,
      });
    }
  }

  /** The isolation that each cluster gives. */
  isolation(): Record<string, "full" | "reduced"> {
    return Object.fromEntries(
      [...this.#clusters].map(([name, cluster]) => [name, cluster.isolation]),
    );
  }

  /** The pool that a tenant's statements go through. */
  poolOf(entry: DirectoryEntry): ScopedPool {
    const cluster = this.#clusterOf(entry);
    return entry.isolation === "database"
      ? this.#ownPool(entry, cluster)
      : this.#sharedPool(cluster);
  }

  #sharedPool(cluster: KnownCluster): ScopedPool {
    let pool = this.#shared.get(cluster.name);
    if (!pool) {
      pool = this.#open(
        cluster,
        cluster.database,
        cluster.logins.app,
        this.#options.connectionsMax,
      );
      this.#shared.set(cluster.name, pool);
    }
    return pool;
  }

  #ownPool(entry: DirectoryEntry, cluster: KnownCluster): ScopedPool {
    let pool = this.#own.get(entry.id);
    if (pool) this.#own.delete(entry.id);
    else {
      if (entry.credentials === null) throw new HestiaError("tenant_not_ready");
      const login = openLogin(this.#options.secretKey, entry.id, entry.credentials);
      pool = this.#open(
        cluster,
        entry.database,
        [login],
        Math.min(tenantConnectionsMax, this.#options.connectionsMax),
      );
    }
    this.#own.set(entry.id, pool);
    if (this.#own.size > tenantPoolsMax) this.#closeOldest();
    return pool;
  }

  /** Statements that run on it end first; then its connections close. */
  #closeOldest(): void {
    const [id, oldest] = this.#own.entries().next().value as [TenantId, ScopedPool];
    this.#own.delete(id);
    void oldest.close();
  }

  #open(
    cluster: KnownCluster,
    database: string,
    logins: ClusterCredentials["app"],
    connectionsMax: number,
  ): ScopedPool {
    const address = this.#options.addresses[cluster.name];
    return new ScopedPool({
      host: address?.host ?? cluster.host,
      port: address?.port ?? cluster.port,
      database,
      logins,
      connectionsMax,
      resultBytesMax: this.#options.resultBytesMax,
      ssl: this.#options.ssl,
      named: address?.preparedStatements ?? true,
      resets: cluster.isolation === "reduced",
    });
  }

  /** Tells the tenant's database of a scope key, as the directory; returns the seconds that it lives. */
  async issueKey(entry: DirectoryEntry, digest: Buffer): Promise<number> {
    const issuer = this.#issuer(this.#clusterOf(entry), entry.database);
    try {
      const { rows } = await issuer.query<{ seconds: number }>(
        "select hestia.issue($1, $2) as seconds",
        [digest, entry.id],
      );
      return rows[0]?.seconds ?? 0;
    } catch (error) {
      throw translate(error);
    }
  }

  #issuer(cluster: KnownCluster, database: string): pg.Pool {
    let issuer = this.#issuers.get(database);
    if (!issuer) {
      const { user, password } = cluster.logins.directory;
      const { host, port } = cluster;
      const ssl = this.#options.ssl;
      // Keys are issued once an hour a tenant: the connections do not stay.
      issuer = new pg.Pool({
        host,
        port,
        database,
        user,
        password,
        ssl,
        max: 2,
        idleTimeoutMillis: 5_000,
        connectionTimeoutMillis: 10_000,
        application_name: "hestia-directory",
      });
      // An idle connection that is lost is replaced at the next use.
      issuer.on("error", () => {});
      this.#issuers.set(database, issuer);
    }
    return issuer;
  }

  #clusterOf(entry: DirectoryEntry): KnownCluster {
    const cluster = this.#clusters.get(entry.cluster);
    if (!cluster) throw new HestiaError("cluster_not_found");
    return cluster;
  }

  /** Closes everything; waits for statements that run. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#shared.values(), ...this.#own.values()].map((pool) => pool.close()),
    );
    await Promise.all([...this.#issuers.values()].map((pool) => pool.end()));
  }
}
