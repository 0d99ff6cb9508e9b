// What is installed on a server, as its platform database tells: roles, logins, and every database that is Hestia's.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { databaseOf, withClient } from "../cluster/admin.ts";
import { inspectServer, type Server } from "../cluster/capabilities.ts";
import { type Roles, rolesOf } from "../cluster/identifiers.ts";
import { templateOf } from "../cluster/install.ts";

/** What a database is there for. */
export type DatabaseKind = "platform" | "data" | "template" | "tenant";

/** An installation on a server. */
export type Installation = {
  readonly databaseUrl: string;
  readonly server: Server & { readonly text: string };
  readonly roles: Roles;
  /** The logins that carry tenants' statements. */
  readonly logins: readonly string[];
  /** Its databases by name. */
  readonly databases: ReadonlyMap<string, DatabaseKind>;
  /** Tenants' databases that the platform knows and the server does not have. */
  readonly lost: readonly string[];
  /** Databases that are named like tenants' and that the platform does not know. */
  readonly unknown: readonly string[];
};

/** Reads what is installed; throws `database_unsuitable` when nothing is. */
export function readInstallation(databaseUrl: string): Promise<Installation> {
  return withClient(databaseUrl, async (client) => {
    const server = await inspectServer(client);
    const cluster = await readCluster(client);
    if (cluster === undefined) throw notInstalled(databaseUrl);
    const tenants = await readTenantDatabases(client, cluster.prefix);
    const there = tenants.filter((each) => each.exists);
    const own = [databaseOf(databaseUrl), cluster.data, templateOf(cluster.data)] as const;
    return {
      databaseUrl,
      server: { ...server, text: cluster.version },
      roles: rolesOf(cluster.prefix),
      logins: await readLogins(client, rolesOf(cluster.prefix).app),
      databases: new Map<string, DatabaseKind>([
        [own[0], "platform"],
        [own[1], "data"],
        [own[2], "template"],
        ...there
          .filter((each) => each.known)
          .map(({ name }): [string, DatabaseKind] => [name, "tenant"]),
      ]),
      lost: tenants.filter((each) => !each.exists).map(({ name }) => name),
      unknown: there.filter((each) => !each.known).map(({ name }) => name),
    };
  });
}

type ClusterRow = { data: string; prefix: string; version: string };

async function readCluster(client: pg.ClientBase): Promise<ClusterRow | undefined> {
  const { rowCount } = await client.query(
    "select where to_regclass('platform.clusters') is not null",
  );
  if (rowCount === 0) return undefined;
  const { rows } = await client.query<ClusterRow>(
    `select data_database as data, role_prefix as prefix, split_part(current_setting('server_version'), ' ', 1) as version
     from platform.clusters where name = 'default'`,
  );
  return rows[0];
}

type TenantDatabase = { name: string; known: boolean; exists: boolean };

async function readTenantDatabases(
  client: pg.ClientBase,
  prefix: string,
): Promise<TenantDatabase[]> {
  const { rows } = await client.query<TenantDatabase>(
    `select coalesce(t.name, d.name) as name, t.name is not null as known, d.name is not null as exists
     from (select database_name as name from platform.tenants where database_name is not null and status <> 'purged'
       union all select database_name from platform.warm_partitions where state = 'ready' and database_name is not null) t
     full join (select datname::text as name from pg_database where datname ~ ('^' || $1 || '_t_[0-9a-f]{32}$')) d
       on d.name = t.name
     -- Half made, or half gone: it will be one or the other.
     where not exists (select from platform.warm_partitions w where w.state <> 'ready'
       and d.name = $1 || '_t_' || replace(w.id::text, '-', ''))
     order by 1`,
    [prefix],
  );
  return rows;
}

// The administrator of a reduced installation is a member, with admin option, of what it made.
async function readLogins(client: pg.ClientBase, app: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select r.rolname as name from pg_auth_members m join pg_roles r on r.oid = m.member
     where m.roleid = (select oid from pg_roles where rolname = $1) and r.rolcanlogin and r.rolname <> current_user
     order by 1`,
    [app],
  );
  return rows.map(({ name }) => name);
}

function notInstalled(databaseUrl: string): HestiaError {
  return new HestiaError("database_unsuitable", {
    problem: `The database ${databaseOf(databaseUrl)} holds no Hestia; start the server with it once, or correct DATABASE_URL.`,
  });
}
