// One database as the doctor sees it: its catalogue, read in a session that can write nothing, and who there is a
// stranger: PUBLIC, the application's role and the logins that carry tenants' statements.

import type pg from "pg";
import { withClient, withDatabase } from "../cluster/admin.ts";
import type { DatabaseKind, Installation } from "./installation.ts";

/** A database's catalogue, and what is known about it. */
export type Catalogue = {
  readonly installation: Installation;
  readonly database: string;
  readonly kind: DatabaseKind;
  /** Object ids of PUBLIC (0), the application's role and its logins: `$1` of the checks that look at rights. */
  readonly strangers: readonly number[];
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
};

/** Opens a database for reading its catalogue; whatever happens, nothing in it changes. */
export async function withCatalogue<T>(
  installation: Installation,
  database: string,
  work: (catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  return withClient(withDatabase(installation.databaseUrl, database), async (client) => {
    // Names come out qualified, and a check that hangs on a lock ends.
    await client.query(
      "set search_path = pg_catalog; set statement_timeout = '5min'; set lock_timeout = '5s'; set default_transaction_read_only = on",
    );
    const query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await client.query<Row>(text, values)).rows;
    const known = await query<{ oid: number }>(
      "select oid from pg_roles where rolname = any ($1)",
      [[installation.roles.app, ...installation.logins]],
    );
    const strangers = [0, ...known.map(({ oid }) => oid)];
    const kind = installation.databases.get(database) ?? "data";
    return work({ installation, database, kind, strangers, query });
  });
}

/**
 * A lateral item `held`: which strangers hold any right, or one of the named ones, by an access list;
 * `held.holders` is fit for GRANT and REVOKE, and null where none does.
 */
export function heldBy(acl: string, privileges: readonly string[] = []): string {
  const named =
    privileges.length === 0
      ? ""
      : `and a.privilege_type in (${privileges.map((each) => `'${each}'`).join(", ")})`;
  return `cross join lateral (
    select string_agg(distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, ', ') as holders,
      string_agg(distinct lower(a.privilege_type), ', ') as rights
    from aclexplode(${acl}) a where a.grantee = any ($1::oid[]) ${named}) held`;
}

/** Schemas that are PostgreSQL's own; `n` is the namespace. */
export const systemSchemas =
  "n.nspname in ('pg_catalog', 'information_schema') or n.nspname ~ '^pg_'";

/** Schemas whose tables belong to tenants. */
export const tenantSchemas = "(n.nspname = 'app' or n.nspname ~ '^t_[0-9a-f]{32}$')";
