// One PostgreSQL server that holds tenants, seen by the control plane: partitions made, migrated, proven, dropped.
// Invariant: every function can be repeated; what was done before is found and left as it is.

import { databaseName, type IsolationModel, schemaName, type TenantId } from "@hestia/core";
import pg from "pg";
import { translated } from "../failures.ts";
import { open, seal } from "../secrets.ts";
import { inTransaction, type OpenClient, withClient, withDatabase } from "./admin.ts";
import { ClusterFleet } from "./cluster-fleet.ts";
import { deleteTenantRows } from "./delete-rows.ts";
import { endForerunners, type Fence, holdFence, sessionName } from "./fence.ts";
import { quoted, type Roles, rolesOf } from "./identifiers.ts";
import { templateOf } from "./install.ts";
import { applyMigrations, type OnFile } from "./migrate.ts";
import type { MigrationFile } from "./migration-files.ts";
import type { MigrationTarget } from "./migration-target.ts";
import { type ClusterCredentials, derivedLogin, type Login } from "./roles.ts";
import { databaseExists, dropTenantDatabase, makeTenantDatabase } from "./tenant-database.ts";
import { verifySealed } from "./verify.ts";

/** The tenant whose partition is meant. */
export type PartitionTenant = { readonly id: TenantId; readonly isolation: IsolationModel };

/** Whether the scope lets a tenant in; `moved` belongs to moves alone. */
export type ScopeState = "provisioning" | "active" | "readonly" | "suspended" | "ended";

/** Where a partition is; `credentials` is the sealed login of a database tenant. */
export type PartitionPlace = {
  readonly database?: string;
  readonly schema?: string;
  readonly credentials?: string;
};

/** One row of a partition's ledger. */
export type LedgerRow = {
  readonly place: string;
  readonly set: "tenant" | "shared";
  readonly name: string;
  readonly checksum: string;
  readonly appliedAt: Date;
  readonly durationMs: number;
};

/** How a cluster is reached and what is known of it. */
export type ClusterOptions = {
  readonly name: string;
  readonly adminUrl: string;
  readonly dataDatabase: string;
  readonly rolePrefix: string;
  readonly credentials: ClusterCredentials;
  readonly secretKey: string;
  readonly isolation: "full" | "reduced";
  readonly missing: readonly string[];
};

/** Opens a cluster; nothing is connected until it is needed. */
export function openCluster(options: ClusterOptions): Cluster {
  return new Cluster(options);
}

/** See the file's head; errors are `database_unavailable`, those of migrations, and `table_not_isolated`. */
export class Cluster {
  readonly name: string;
  readonly isolation: "full" | "reduced";
  readonly missing: readonly string[];
  /** All partitions together. */
  readonly fleet: ClusterFleet;
  readonly #options: ClusterOptions;
  readonly #roles: Roles;
  readonly #data: pg.Pool;
  readonly #fence: Fence | undefined;
  /** Resolves when nobody who worked under an earlier fence does so any more. */
  #alone: Promise<void> | undefined;

  constructor(options: ClusterOptions, fenced?: { readonly data: pg.Pool; readonly fence: Fence }) {
    this.name = options.name;
    this.isolation = options.isolation;
    this.missing = options.missing;
    this.#options = options;
    this.#roles = rolesOf(options.rolePrefix);
    this.#fence = fenced?.fence;
    this.#data = fenced?.data ?? openData(options);
    const urlOf = (database: string) => withDatabase(options.adminUrl, database);
    this.fleet = new ClusterFleet({
      data: this.#data,
      dataUrl: urlOf(options.dataDatabase),
      templateUrl: urlOf(templateOf(options.dataDatabase)),
      urlOf,
      roles: this.#roles,
    });
  }

  /**
   * The same cluster, for work that another process may take up: before its first statement each session asks whether
   * the fence still holds, and throws `FenceLost` where it does not.
   */
  fenced(fence: Fence): Cluster {
    return new Cluster(this.#options, { data: this.#data, fence });
  }

  /** Makes the place of a tenant's rows; closed to the tenant until `setState`. */
  async makePartition(tenant: PartitionTenant): Promise<PartitionPlace> {
    return translated(async () => {
      if (tenant.isolation === "database") return this.#makeDatabase(tenant);
      const place = placeOf(tenant);
      await this.#onData((client) =>
        inTransaction(client, async () => {
          await registerTenant(client, tenant.id, place);
          if (tenant.isolation === "schema") await this.#makeSchema(client, place);
        }),
      );
      return tenant.isolation === "schema" ? { schema: place } : {};
    });
  }

  async #makeSchema(client: pg.ClientBase, place: string): Promise<void> {
    await client.query(
      `create schema if not exists ${quoted(place)} authorization ${quoted(this.#roles.owner)}`,
    );
    await client.query(`grant usage on schema ${quoted(place)} to ${quoted(this.#roles.app)}`);
  }

  async #makeDatabase(tenant: PartitionTenant): Promise<PartitionPlace> {
    const { adminUrl, credentials, dataDatabase, secretKey } = this.#options;
    const database = this.#databaseOf(tenant);
    const login = derivedLogin(database, secretKey);
    await makeTenantDatabase(
      { adminUrl, database, roles: this.#roles, open: this.#open },
      { template: templateOf(dataDatabase), login, directory: credentials.directory.user },
      (client) => inTransaction(client, () => registerTenant(client, tenant.id, "app")),
    );
    return { database, credentials: sealLogin(secretKey, tenant.id, login) };
  }

  /** Applies the tenant's migrations, and to a database tenant the shared ones before them. */
  async migratePartition(
    tenant: PartitionTenant,
    files: readonly MigrationFile[],
    onFile?: OnFile,
  ): Promise<{ applied: string[] }> {
    return translated(() =>
      this.#migrating(tenant, async (client) => {
        const own = tenant.isolation !== "shared";
        const target: MigrationTarget = {
          place: placeOf(tenant),
          set: "tenant",
          roles: this.#roles,
          tenantId: own ? tenant.id : undefined,
          isNew: own && (await isNew(client, tenant.id)),
        };
        const shared =
          tenant.isolation === "database"
            ? await applyMigrations(
                client,
                files,
                { place: "shared", set: "shared", roles: this.#roles },
                onFile,
              )
            : [];
        return { applied: [...shared, ...(await applyMigrations(client, files, target, onFile))] };
      }),
    );
  }

  /** Applies the shared migrations to the data database that shared and schema tenants read. */
  async migrateShared(
    files: readonly MigrationFile[],
    onFile?: OnFile,
  ): Promise<{ applied: string[] }> {
    return translated(() =>
      this.#migrating(undefined, async (client) => ({
        applied: await applyMigrations(
          client,
          files,
          { place: "shared", set: "shared", roles: this.#roles },
          onFile,
        ),
      })),
    );
  }

  /** Proves that the partition is isolated: by the catalogue, and by the tenant's own login without a scope. */
  async verifyPartition(tenant: PartitionTenant): Promise<void> {
    await translated(() =>
      this.#inPartition(tenant, (client) =>
        verifySealed(client, { place: placeOf(tenant), app: this.#roles.app }),
      ),
    );
  }

  /** Writes the state that every policy asks for; in force for the next statement of the tenant. */
  async setState(tenant: PartitionTenant, state: ScopeState): Promise<void> {
    await translated(() =>
      this.#inPartition(tenant, async (client) => {
        await client.query("select hestia.set_state($1, $2)", [tenant.id, state]);
      }),
    );
  }

  /** The state that the scope has for a tenant; undefined when the partition does not exist. */
  async stateOf(tenant: PartitionTenant): Promise<ScopeState | undefined> {
    return translated(async () => {
      if (
        tenant.isolation === "database" &&
        !(await databaseExists(this.#data, this.#databaseOf(tenant)))
      )
        return undefined;
      return this.#inPartition(tenant, async (client) => {
        const { rows } = await client.query<{ state: ScopeState }>(
          "select state from hestia.tenants where tenant_id = $1",
          [tenant.id],
        );
        return rows[0]?.state;
      });
    });
  }

  /** The states of all shared and schema tenants, in pages. */
  async *states(): AsyncGenerator<{ tenantId: TenantId; state: ScopeState }> {
    let after = "00000000-0000-0000-0000-000000000000";
    for (;;) {
      const { rows } = await translated(() =>
        this.#data.query<{ tenantId: TenantId; state: ScopeState }>(
          `select tenant_id as "tenantId", state from hestia.tenants where tenant_id > $1 order by tenant_id limit 1000`,
          [after],
        ),
      );
      yield* rows;
      const last = rows.at(-1);
      if (!last) return;
      after = last.tenantId;
    }
  }

  /** Takes the partition away with everything in it. */
  async dropPartition(tenant: PartitionTenant): Promise<void> {
    const { adminUrl } = this.#options;
    await translated(async () => {
      if (tenant.isolation === "database") {
        const database = this.#databaseOf(tenant);
        return dropTenantDatabase({ adminUrl, database, roles: this.#roles, open: this.#open });
      }
      await this.#onData((client) =>
        inTransaction(client, async () => {
          if (tenant.isolation === "schema") await dropSchema(client, tenant);
          else await deleteTenantRows(client, tenant.id, this.#roles.owner);
        }),
      );
    });
  }

  /** What has been applied in the data database: in all of its schemas, or in those named. */
  async ledger(places?: readonly string[]): Promise<LedgerRow[]> {
    const text = ledgerText("$1::text[] is null or place = any ($1)");
    return translated(async () => (await this.#data.query<LedgerRow>(text, [places])).rows);
  }

  /** What has been applied in one tenant's partition. */
  async ledgerOf(tenant: PartitionTenant): Promise<LedgerRow[]> {
    return translated(() =>
      this.#inPartition(tenant, async (client) => {
        const places = tenant.isolation === "database" ? ["shared", "app"] : [placeOf(tenant)];
        return (await client.query<LedgerRow>(ledgerText("place = any ($1)"), [places])).rows;
      }),
    );
  }

  /** Throws `database_unavailable` when the data database does not answer. */
  async check(): Promise<void> {
    await translated(() => this.#data.query("select"));
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#data.end();
  }

  #databaseOf(tenant: PartitionTenant): string {
    return databaseName(tenant.id, `${this.#options.rolePrefix}_`);
  }

  async #inPartition<T>(
    tenant: PartitionTenant,
    work: (client: pg.ClientBase) => Promise<T>,
  ): Promise<T> {
    if (tenant.isolation !== "database") return this.#onData(work);
    return this.#open(withDatabase(this.#options.adminUrl, this.#databaseOf(tenant)), work);
  }

  /** Migrations reset their session, and with it the name that it is known by under a fence: one of their own keeps it. */
  async #migrating<T>(
    tenant: PartitionTenant | undefined,
    work: (client: pg.ClientBase) => Promise<T>,
  ): Promise<T> {
    if (tenant?.isolation === "database") return this.#inPartition(tenant, work);
    if (this.#fence === undefined) return this.#onData(work);
    const { adminUrl, dataDatabase } = this.#options;
    return this.#open(withDatabase(adminUrl, dataDatabase), work);
  }

  /** A session of its own, in whatever database. The fence is asked for when it is there, so that it is seen or refused. */
  readonly #open: OpenClient = (url, work) => {
    const fence = this.#fence;
    if (fence === undefined) return withClient(url, work);
    return withClient(
      url,
      async (client) => {
        await this.#onData(async () => {});
        return work(client);
      },
      sessionName(fence),
    );
  };

  async #onData<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#data.connect();
    let failure: Error | undefined;
    try {
      if (this.#fence === undefined) return await work(client);
      await holdFence(client, this.#fence);
      this.#alone ??= endForerunners(client, this.#fence).catch((error: unknown) => {
        this.#alone = undefined;
        throw error;
      });
      await this.#alone;
      const result = await work(client);
      await client.query("reset application_name");
      return result;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      // After a failure the session's state is not known for sure: it is not used again.
      client.release(failure);
    }
  }
}

function openData({ adminUrl, dataDatabase }: ClusterOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: withDatabase(adminUrl, dataDatabase),
    max: 4,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    application_name: "hestia",
  });
  // An idle connection that is lost is replaced at the next use; one in use tells its query.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

const ledgerText = (where: string) =>
  `select place, set, name, checksum, applied_at as "appliedAt", duration_ms as "durationMs"
   from hestia.migrations where ${where} order by place, set, name`;

/** Whether nobody was let in yet. */
async function isNew(client: pg.ClientBase, tenantId: TenantId): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from hestia.tenants where tenant_id = $1 and state = 'provisioning'",
    [tenantId],
  );
  return rowCount === 1;
}

/** The schema that holds a tenant's rows, in whatever database. */
export function placeOf(tenant: PartitionTenant): string {
  return tenant.isolation === "schema" ? schemaName(tenant.id) : "app";
}

/** Inside a transaction; whoever makes or drops the same partition at the same time waits until it ends. */
async function registerTenant(
  client: pg.ClientBase,
  tenantId: TenantId,
  place: string,
): Promise<void> {
  for (;;) {
    await client.query(
      "insert into hestia.tenants (tenant_id, place, state) values ($1, $2, 'provisioning') on conflict (tenant_id) do nothing",
      [tenantId, place],
    );
    const { rowCount } = await client.query(
      "select from hestia.tenants where tenant_id = $1 for update",
      [tenantId],
    );
    // None when it was dropped meanwhile: then it is made anew.
    if (rowCount === 1) return;
  }
}

async function dropSchema(client: pg.ClientBase, tenant: PartitionTenant): Promise<void> {
  const place = placeOf(tenant);
  // Also where it is not there yet: who makes it at this moment waits.
  await registerTenant(client, tenant.id, place);
  await client.query(`drop schema if exists ${quoted(place)} cascade`);
  await client.query("delete from hestia.migrations where place = $1", [place]);
  await client.query("delete from hestia.migration_attempts where place = $1", [place]);
  await client.query("delete from hestia.tenants where tenant_id = $1", [tenant.id]);
}

const loginPurpose = (tenantId: TenantId) => `tenant:${tenantId}`;

function sealLogin(secretKey: string, tenantId: TenantId, login: Login): string {
  return seal(secretKey, loginPurpose(tenantId), JSON.stringify(login));
}

/** The login of a database tenant. */
export function openLogin(secretKey: string, tenantId: TenantId, sealed: string): Login {
  return JSON.parse(open(secretKey, loginPurpose(tenantId), sealed)) as Login;
}
