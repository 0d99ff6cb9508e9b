// What a PostgreSQL server and the administrator's login allow, found by asking.

import { HestiaError } from "@hestia/core";
import type pg from "pg";

/** What installation depends on. */
export type Server = {
  /** As server_version_num: 180004. */
  readonly version: number;
  readonly superuser: boolean;
  readonly administrator: string;
};

const versionMin = 150_000;

/** Asks the server, and throws `database_unsuitable` with what is missing: version or rights. */
export async function inspectServer(client: pg.ClientBase): Promise<Server> {
  const { rows } = await client.query<{
    version: number;
    text: string;
    administrator: string;
    superuser: boolean;
    createrole: boolean;
    createdb: boolean;
  }>(`select current_setting('server_version_num')::int as version, current_setting('server_version') as text,
        rolname as administrator, rolsuper as superuser, rolcreaterole as createrole, rolcreatedb as createdb
      from pg_roles where rolname = current_user`);
  const found = rows[0];
  if (!found) throw new Error("current_user is not in pg_roles");
  if (found.version < versionMin) {
    throw new HestiaError("database_unsuitable", {
      problem: `PostgreSQL ${found.text} is too old; Hestia needs 15 or newer.`,
    });
  }
  const missing = [
    ...(found.superuser || found.createrole ? [] : ["CREATEROLE"]),
    ...(found.superuser || found.createdb ? [] : ["CREATEDB"]),
  ];
  if (missing.length > 0) {
    throw new HestiaError("database_unsuitable", {
      problem: `${found.administrator} lacks rights; run: alter role ${found.administrator} ${missing.join(" ")}`,
    });
  }
  return { version: found.version, superuser: found.superuser, administrator: found.administrator };
}

/** What full isolation lacks where the administrator is no superuser; each a sentence for `hestia doctor`. */
export function missingFrom(server: Server): string[] {
  if (server.superuser) return [];
  return [
    "Functions such as set_config, pg_notify and advisory locks stay callable: only a superuser can revoke them.",
    "The language plpgsql stays usable by everyone; the rule on first tokens still refuses DO.",
    "Catalogues and statistics stay readable: names of other tenants' schemas and their counters can be seen.",
    "Bind parameters may reach the server's log: log_parameter_max_length cannot be set for a login.",
    "The databases postgres and template1 may accept connections of the tenants' logins.",
    "There is no role that bypasses row security for the system's own work.",
  ];
}
