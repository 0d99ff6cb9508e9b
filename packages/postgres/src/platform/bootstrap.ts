// From an administrator's URL to a platform that can serve: the cluster installed, the platform database current.
// Idempotent; run at every start. Invariant: logins made once are kept, sealed, in the platform database.

import { setTimeout as delay } from "node:timers/promises";
import { HestiaError, makeId } from "@hestia/core";
import type pg from "pg";
import { checkDatabaseUrl, databaseOf, withClient } from "../cluster/admin.ts";
import { inspectServer } from "../cluster/capabilities.ts";
import { type Cluster, openCluster } from "../cluster/cluster.ts";
import { quoted, rolesOf } from "../cluster/identifiers.ts";
import { type Installed, installCluster } from "../cluster/install.ts";
import { credentialsPurpose, openCredentials } from "../cluster/roles.ts";
import { applyVersions } from "../cluster/versions.ts";
import { seal } from "../secrets.ts";

/** What to bootstrap. */
export type BootstrapOptions = {
  /** An administrator's URL of the platform database. */
  readonly databaseUrl: string;
  readonly secretKey: string;
  /** Default: the platform database's name with `_data` behind it. */
  readonly dataDatabase?: string | undefined;
  readonly now?: () => Date;
  readonly onProgress?: ((text: string) => void) | undefined;
};

/** A platform that is ready. */
export type Platform = {
  readonly cluster: Cluster;
  readonly clusterId: string;
  /** What `connect` takes: the platform database, entered as the directory. */
  readonly directoryUrl: string;
  readonly rolePrefix: string;
};

const clusterName = "default";

/** Throws `database_unavailable` or `database_unsuitable` with one clear sentence. Two at once take turns. */
export async function bootstrapPlatform(options: BootstrapOptions): Promise<Platform> {
  checkDatabaseUrl(options.databaseUrl);
  return withClient(options.databaseUrl, async (client) => {
    // Held until the client ends, also when this process is killed.
    await client.query("select pg_advisory_lock(hashtext('hestia bootstrap'))");
    return retrying(() => bootstrap(options));
  });
}

/** Another platform on the same server may be at the same roles. */
async function retrying<T>(work: () => Promise<T>, attempts = 20): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const collided = code === "XX000" && message === "tuple concurrently updated";
    if (!collided || attempts === 0) throw error;
    await delay(20 + Math.random() * 100);
    return retrying(work, attempts - 1);
  }
}

async function bootstrap(options: BootstrapOptions): Promise<Platform> {
  const rolePrefix = prefixFor(databaseOf(options.databaseUrl));
  const kept = await withClient(options.databaseUrl, (client) => readCluster(client));
  const dataDatabase =
    kept?.dataDatabase ?? options.dataDatabase ?? `${databaseOf(options.databaseUrl)}_data`;
  const prefix = kept?.rolePrefix ?? rolePrefix;
  const installed = await installCluster({
    adminUrl: options.databaseUrl,
    dataDatabase,
    rolePrefix: prefix,
    credentials: kept && openCredentials(options.secretKey, clusterName, kept.credentials),
    onProgress: options.onProgress,
  });
  options.onProgress?.("preparing the platform database");
  const clusterId = await withClient(options.databaseUrl, async (client) => {
    await preparePlatform(client, prefix);
    return storeCluster(client, { options, installed, dataDatabase, rolePrefix: prefix });
  });
  return {
    clusterId,
    rolePrefix: prefix,
    directoryUrl: withLogin(options.databaseUrl, installed.credentials.directory),
    cluster: openCluster({
      name: clusterName,
      adminUrl: options.databaseUrl,
      dataDatabase,
      rolePrefix: prefix,
      credentials: installed.credentials,
      secretKey: options.secretKey,
      isolation: installed.isolation,
      missing: installed.missing,
      onPlatformServer: true,
    }),
  };
}

/** Role names take the platform database's name, so that installations on one server do not meet. */
function prefixFor(database: string): string {
  return database
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, "_")
    .slice(0, 20);
}

type KeptCluster = { dataDatabase: string; rolePrefix: string; credentials: string };

async function readCluster(client: pg.Client): Promise<KeptCluster | undefined> {
  await inspectServer(client);
  const { rows: there } = await client.query<{ there: boolean }>(
    "select to_regclass('platform.clusters') is not null as there",
  );
  if (!there[0]?.there) return undefined;
  const { rows } = await client.query<KeptCluster>(
    `select data_database as "dataDatabase", role_prefix as "rolePrefix", credentials from platform.clusters where name = $1`,
    [clusterName],
  );
  return rows[0];
}

async function preparePlatform(client: pg.Client, rolePrefix: string): Promise<void> {
  const roles = rolesOf(rolePrefix);
  const database =
    (await client.query<{ name: string }>("select current_database() as name")).rows[0]?.name ?? "";
  // Before there is anything in it.
  await client.query(`revoke all on database ${quoted(database)} from public`);
  await client.query(`grant connect on database ${quoted(database)} to ${quoted(roles.directory)}`);
  await applyVersions(client, { folder: "platform", roles });
}

async function storeCluster(
  client: pg.Client,
  made: {
    options: BootstrapOptions;
    installed: Installed;
    dataDatabase: string;
    rolePrefix: string;
  },
): Promise<string> {
  const { options, installed } = made;
  const url = new URL(options.databaseUrl);
  const { rows } = await client.query<{ id: string }>(
    `insert into platform.clusters (id, name, host, port, data_database, role_prefix, credentials, isolation, missing)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (name) do update set host = excluded.host, port = excluded.port,
       isolation = excluded.isolation, missing = excluded.missing
     returning id`,
    [
      makeId((options.now ?? (() => new Date()))()),
      clusterName,
      decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ""),
      Number(url.port || 5432),
      made.dataDatabase,
      made.rolePrefix,
      seal(
        options.secretKey,
        credentialsPurpose(clusterName),
        JSON.stringify(installed.credentials),
      ),
      installed.isolation,
      JSON.stringify(installed.missing),
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new HestiaError("cluster_not_found");
  return id;
}

function withLogin(databaseUrl: string, login: { user: string; password: string }): string {
  const url = new URL(databaseUrl);
  url.username = login.user;
  url.password = login.password;
  return url.href;
}
