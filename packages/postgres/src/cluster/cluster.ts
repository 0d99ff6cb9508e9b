// One PostgreSQL server that holds tenants, seen by the control plane: partitions made, migrated, proven, dropped.
// Invariant: every function can be repeated; what was done before is found and left as it is.

import { assert, databaseName, type IsolationModel, schemaName, type TenantId } from "@hestia/core";
import type pg from "pg";
import { translated } from "../failures.ts";
import { inTransaction, withDatabase } from "./admin.ts";
import { ClusterFleet } from "./cluster-fleet.ts";
import { deleteTenantRows, thinOutRows } from "./delete-rows.ts";
import { admit, type Fence } from "./fence.ts";
import { quoted, type Roles, rolesOf } from "./identifiers.ts";
import { templateOf } from "./install.ts";
import { applyMigrations, type OnFile } from "./migrate.ts";
import type { MigrationFile } from "./migration-files.ts";
import type { MigrationTarget } from "./migration-target.ts";
import { type FoundStore, findRemains } from "./remains.ts";
import { type ClusterCredentials, derivedLogin } from "./roles.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import { databaseExists, dropTenantDatabase, makeTenantDatabase } from "./tenant-database.ts";
import { sealLogin } from "./tenant-login.ts";
import { type RowPlace, readRows, writeRows } from "./tenant-rows.ts";
import { type MeasuredTable, measureTables } from "./tenant-tables.ts";
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
  /** Whether it is the server that holds the platform: what that flushes to its disk is flushed for both. */
  readonly onPlatformServer: boolean;
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
  readonly #sessions: Sessions;

  constructor(options: ClusterOptions, sessions?: Sessions) {
    this.name = options.name;
    this.isolation = options.isolation;
    this.missing = options.missing;
    this.#options = options;
    this.#roles = rolesOf(options.rolePrefix);
    this.#sessions = sessions ?? openSessions(options.adminUrl, options.dataDatabase);
    const urlOf = (database: string) => withDatabase(options.adminUrl, database);
    this.fleet = new ClusterFleet({
      sessions: this.#sessions,
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
    return new Cluster(this.#options, this.#sessions.fenced(fence));
  }

  /** Makes the place of a tenant's rows; closed to the tenant until `setState`. */
  async makePartition(tenant: PartitionTenant): Promise<PartitionPlace> {
    return translated(async () => {
      if (tenant.isolation === "database") return this.#makeDatabase(tenant);
      const place = placeOf(tenant);
      await this.#sessions.inData((client) =>
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
      { adminUrl, database, roles: this.#roles, open: this.#sessions.open },
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
      this.#sessions.migrating(async (client) => ({
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

  /**
   * Lets a tenant into a partition that was made before, or that it shares with others: in one statement, under the fence
   * of the work, in a transaction of the platform that commits afterwards. False when it is not there.
   */
  async admit(tenant: PartitionTenant, state: ScopeState): Promise<boolean> {
    const { fence, data, open } = this.#sessions;
    assert(fence !== undefined, "a tenant is admitted under a fence");
    const { token } = fence;
    const flushed = !this.#options.onPlatformServer;
    const asked = { tenantId: tenant.id, place: placeOf(tenant), token, state, flushed };
    return translated(() => {
      if (tenant.isolation !== "database") return admit(data, asked);
      const url = withDatabase(this.#options.adminUrl, this.#databaseOf(tenant));
      return open(url, (client) => admit(client, asked));
    });
  }

  /** The state that the scope has for a tenant; undefined when the partition does not exist. */
  async stateOf(tenant: PartitionTenant): Promise<ScopeState | undefined> {
    return translated(async () => {
      if (
        tenant.isolation === "database" &&
        !(await databaseExists(this.#sessions.data, this.#databaseOf(tenant)))
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
        this.#sessions.data.query<{ tenantId: TenantId; state: ScopeState }>(
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

  /** Gives every table of the tenant's and its rows, in one snapshot. */
  async readRows(tenant: PartitionTenant, each: Parameters<typeof readRows>[2]): Promise<void> {
    await translated(() =>
      this.#inPartition(tenant, (client) => readRows(client, this.#rowPlace(tenant), each)),
    );
  }

  /** Writes rows into a partition that the tenant cannot reach yet: all of them, or none. */
  async writeRows(tenant: PartitionTenant, tables: Parameters<typeof writeRows>[2]): Promise<void> {
    await translated(() =>
      this.#inPartition(tenant, (client) => writeRows(client, this.#rowPlace(tenant), tables)),
    );
  }

  /** How much the tenant has in each of its tables. */
  async measure(tenant: PartitionTenant): Promise<MeasuredTable[]> {
    return translated(() =>
      this.#inPartition(tenant, (client) => measureTables(client, this.#rowPlace(tenant))),
    );
  }

  #rowPlace(tenant: PartitionTenant): RowPlace {
    const { id: tenantId, isolation } = tenant;
    const isOwn = isolation !== "shared";
    return { tenantId, place: placeOf(tenant), owner: this.#roles.owner, isOwn };
  }

  /** Takes most of a shared tenant's rows away, in small transactions; `tell` hears how many are gone. */
  async thinOut(tenant: PartitionTenant, tell: (gone: number) => void): Promise<void> {
    if (tenant.isolation !== "shared") return;
    const { owner } = this.#roles;
    await translated(() =>
      this.#sessions.inData((client) => thinOutRows(client, tenant.id, { owner, tell })),
    );
  }

  /** Looks into every store that could have something of the tenant's. */
  async remainsOf(tenant: PartitionTenant): Promise<FoundStore[]> {
    const [schema, database] = [schemaName(tenant.id), this.#databaseOf(tenant)];
    const { owner } = this.#roles;
    return translated(() =>
      this.#sessions.inData((client) =>
        findRemains(client, tenant.id, { schema, database, owner }),
      ),
    );
  }

  /** Takes the partition away with everything in it. */
  async dropPartition(tenant: PartitionTenant): Promise<void> {
    const { adminUrl } = this.#options;
    await translated(async () => {
      if (tenant.isolation === "database") {
        const database = this.#databaseOf(tenant);
        return dropTenantDatabase({
          adminUrl,
          database,
          roles: this.#roles,
          open: this.#sessions.open,
        });
      }
      await this.#sessions.inData((client) =>
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
    return translated(
      async () => (await this.#sessions.data.query<LedgerRow>(text, [places])).rows,
    );
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
    await translated(() => this.#sessions.data.query("select"));
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#sessions.end();
  }

  #databaseOf(tenant: PartitionTenant): string {
    return databaseName(tenant.id, `${this.#options.rolePrefix}_`);
  }

  async #inPartition<T>(
    tenant: PartitionTenant,
    work: (client: pg.ClientBase) => Promise<T>,
  ): Promise<T> {
    if (tenant.isolation !== "database") return this.#sessions.inData(work);
    return this.#sessions.open(
      withDatabase(this.#options.adminUrl, this.#databaseOf(tenant)),
      work,
    );
  }

  #migrating<T>(tenant: PartitionTenant, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return tenant.isolation === "database"
      ? this.#inPartition(tenant, work)
      : this.#sessions.migrating(work);
  }
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
