// The way to every database that holds tenants: one broker a cluster, which shares its connections out.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import { Batches } from "./batches.ts";
import { Broker } from "./broker/broker.ts";
import type { BrokerGauges, BrokerLimits, Lane, Target } from "./broker/lane.ts";
import { findPreparedStatements } from "./broker/pooler.ts";
import { type ClusterCredentials, openCredentials } from "./cluster/roles.ts";
import { openLogin } from "./cluster/tenant-login.ts";
import type { DirectoryCluster, DirectoryEntry } from "./directory.ts";
import { isUnavailable, translate } from "./failures.ts";
import { ResultBounds, type ResultLimits } from "./scoped/received-result.ts";

/** Another address for a cluster, such as that of a pooler in front of it. */
export type ClusterAddress = {
  readonly host: string;
  readonly port: number;
  /** Whether prepared statements outlive a transaction there. Default: found out at the start. */
  readonly preparedStatements?: boolean;
};

/** A tenant's part of the connections beside other tenants'. */
export type WeightOf = (tenant: Pick<DirectoryEntry, "id" | "slug">) => number;

export type DatabasesOptions = {
  readonly secretKey: string;
  readonly limits: BrokerLimits & ResultLimits;
  readonly weightOf?: WeightOf | undefined;
  readonly addresses: Readonly<Record<string, ClusterAddress>>;
  readonly ssl: pg.PoolConfig["ssl"];
  readonly readClusters: () => Promise<DirectoryCluster[]>;
};

type KnownCluster = DirectoryCluster & {
  readonly logins: ClusterCredentials;
  readonly named: boolean;
};

type KeyOfTenant = { readonly digest: Buffer; readonly id: string };

/** Tells one database of keys. */
type Issuer = { readonly pool: pg.Pool; readonly keys: Batches<KeyOfTenant, number> };

const issueAll = `select hestia.issue(digest, tenant) as seconds
  from unnest($1::bytea[], $2::uuid[]) with ordinality as asked (digest, tenant, at) order by at`;
const issuersMax = 2;
/** Connections to one tenant's own database. */
const ownConnectionsMax = 4;
const targetsMax = 20_000;

/** See the file's head. */
export class Databases {
  readonly #options: DatabasesOptions;
  readonly #clusters = new Map<string, KnownCluster>();
  readonly #brokers = new Map<string, Broker>();
  /** Tenants' own databases, with their logins opened. */
  readonly #own = new Map<string, Target>();
  readonly #results: ResultBounds;
  readonly #issuers = new Map<string, Issuer>();

  constructor(options: DatabasesOptions) {
    this.#options = options;
    this.#results = new ResultBounds(options.limits);
  }

  /** Connections to one cluster, at most. */
  get connectionsMax(): number {
    return this.#options.limits.connectionsMax;
  }

  /** Reads the clusters and opens their logins; throws when the secret key is another one. */
  async refresh(): Promise<void> {
    for (const cluster of await this.#options.readClusters()) {
      const { name, credentials } = cluster;
      const logins = openCredentials(this.#options.secretKey, name, credentials);
      const named = await this.#findNamed(cluster, logins);
      this.#clusters.set(name, { ...cluster, logins, named });
    }
  }

  /** Whether statements may be prepared by name: a pooler is asked, the server itself may. */
  async #findNamed(cluster: DirectoryCluster, logins: ClusterCredentials): Promise<boolean> {
    const address = this.#options.addresses[cluster.name];
    if (!address || address.preparedStatements === false) return !address;
    const { host, port } = address;
    const { database } = cluster;
    const [login] = logins.app;
    if (!login) return false;
    const ssl = this.#options.ssl;
    const found = await findPreparedStatements({ host, port, database, login, ssl });
    if (found === false && address.preparedStatements) {
      const problem = `The pooler at ${host}:${port} loses prepared statements between transactions; leave preparedStatements out, or have it keep them (PgBouncer 1.21 and newer: max_prepared_statements).`;
      throw new HestiaError("database_unsuitable", { problem });
    }
    return found ?? address.preparedStatements ?? false;
  }

  /** The isolation that each cluster gives. */
  isolation(): Record<string, "full" | "reduced"> {
    return Object.fromEntries(
      [...this.#clusters].map(([name, cluster]) => [name, cluster.isolation]),
    );
  }

  /** The tenant's way to the connections of its database. */
  laneOf(entry: DirectoryEntry): Lane {
    const cluster = this.#clusterOf(entry);
    return this.#broker(cluster).lane(
      entry.id,
      this.#targetOf(entry, cluster),
      this.#weightOf(entry),
    );
  }

  #weightOf({ id, slug }: DirectoryEntry): number {
    const weight = this.#options.weightOf?.({ id, slug }) ?? 1;
    if (weight > 0 && weight < Number.POSITIVE_INFINITY) return weight;
    throw new RangeError(`weightOf gave ${weight} for ${slug}: a weight is a number above 0.`);
  }

  #targetOf(entry: DirectoryEntry, cluster: KnownCluster): Target {
    const { connectionsMax } = this.#options.limits;
    if (entry.isolation !== "database")
      return { database: cluster.database, logins: cluster.logins.app, connectionsMax };
    let target = this.#own.get(entry.database);
    if (target) this.#own.delete(entry.database);
    else {
      if (entry.credentials === null) throw new HestiaError("tenant_not_ready");
      target = {
        database: entry.database,
        logins: [openLogin(this.#options.secretKey, entry.id, entry.credentials)],
        connectionsMax: Math.min(ownConnectionsMax, connectionsMax),
      };
    }
    this.#own.set(entry.database, target);
    for (const oldest of this.#own.keys()) {
      if (this.#own.size <= targetsMax) break;
      this.#own.delete(oldest);
    }
    return target;
  }

  #broker(cluster: KnownCluster): Broker {
    let broker = this.#brokers.get(cluster.name);
    if (!broker) {
      const address = this.#options.addresses[cluster.name];
      broker = new Broker({
        host: address?.host ?? cluster.host,
        port: address?.port ?? cluster.port,
        ssl: this.#options.ssl,
        named: cluster.named,
        resets: cluster.isolation === "reduced",
        results: this.#results,
        ...this.#options.limits,
        // A pooler may be there, which would have to tell several answers in flight apart.
        ...(address && { pipelineMax: 1 }),
      });
      this.#brokers.set(cluster.name, broker);
    }
    return broker;
  }

  /** What the connections to each cluster are doing. */
  gauges(): Record<string, BrokerGauges> {
    return Object.fromEntries([...this.#brokers].map(([name, broker]) => [name, broker.gauges()]));
  }

  /** Tells the tenant's database of a scope key, as the directory; returns the seconds that it lives. */
  async issueKey(entry: DirectoryEntry, digest: Buffer): Promise<number> {
    const { keys } = this.#issuer(this.#clusterOf(entry), entry.database);
    try {
      return await keys.ask({ digest, id: entry.id });
    } catch (error) {
      throw translate(error);
    }
  }

  #issuer(cluster: KnownCluster, database: string): Issuer {
    let issuer = this.#issuers.get(database);
    if (!issuer) {
      const { user, password } = cluster.logins.directory;
      const { host, port } = cluster;
      const ssl = this.#options.ssl;
      // Keys are issued once an hour a tenant: the connections do not stay.
      const pool = new pg.Pool({
        host,
        port,
        database,
        user,
        password,
        ssl,
        max: issuersMax,
        idleTimeoutMillis: 5_000,
        connectionTimeoutMillis: 10_000,
        application_name: "hestia-directory",
      });
      // An idle connection that is lost is replaced at the next use.
      pool.on("error", () => {});
      const ask = async (asked: readonly KeyOfTenant[]) => {
        const given = [asked.map(({ digest }) => digest), asked.map(({ id }) => id)];
        const { rows } = await pool.query<{ seconds: number }>(issueAll, given);
        return rows.map(({ seconds }) => seconds);
      };
      const isOfOne = (error: unknown) => !isUnavailable(error);
      issuer = { pool, keys: new Batches({ atOnce: issuersMax, sizeMax: 200, ask, isOfOne }) };
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
    await Promise.all([...this.#brokers.values()].map((broker) => broker.close()));
    await Promise.all([...this.#issuers.values()].map(({ pool }) => pool.end()));
  }
}
