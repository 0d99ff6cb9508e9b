// What holds for the whole server, asked once in the platform database: its version, what its administrator may do,
// and which databases are open to whom. Catalogues of roles and databases are shared by all databases of a server.

import { missingFrom } from "../cluster/capabilities.ts";
import { quoted } from "../cluster/identifiers.ts";
import { type Catalogue, heldBy } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";

async function findReduced({ installation, query }: Catalogue): Promise<Fault[]> {
  const { server } = installation;
  const [recorded] = await query<{ isolation: string }>(
    "select isolation from platform.clusters where name = 'default'",
  );
  if (server.superuser && recorded?.isolation !== "reduced") return [];
  const missing = missingFrom(server);
  return [
    {
      object: `administrator ${server.administrator}`,
      why: `Isolation is reduced: ${missing.length === 0 ? "the server was last prepared without a superuser." : missing.join(" ")}`,
      cure: `${server.superuser ? "" : `alter role ${quoted(server.administrator)} superuser;\n`}-- Then restart Hestia's server, which hardens the databases.`,
    },
  ];
}

async function findLost({ installation }: Catalogue): Promise<Fault[]> {
  const lost = installation.lost.map((database) => ({
    object: `database ${database}`,
    why: "The platform knows it as a tenant's own, and this server does not have it.",
    cure: "-- Restore it from a backup, or delete its tenant.",
  }));
  const unknown = installation.unknown.map((database) => ({
    object: `database ${database}`,
    why: "It is named like a tenant's own, and the platform knows no such tenant.",
    cure: `-- When no operation runs that makes it:\ndrop database ${quoted(database)};\ndrop role if exists ${quoted(database)};`,
    severity: "warning" as const,
  }));
  return [...lost, ...unknown];
}

/** CONNECT and TEMPORARY of PUBLIC, which PostgreSQL presets for every database that anyone makes. */
async function findOpenDatabases({ installation, query }: Catalogue): Promise<Fault[]> {
  const found = await query<{ name: string; rights: string }>(
    `select d.datname as name, held.rights
     from pg_database d ${heldBy("coalesce(d.datacl, acldefault('d', d.datdba))")}
     where d.datallowconn and held.holders is not null
     order by 1`,
    [[0]],
  );
  return found.map(({ name, rights }) => {
    const own = [...installation.databases.keys(), "postgres", "template1"].includes(name);
    return {
      object: `database ${name}`,
      why: `PUBLIC has ${rights} on it, so the tenants' logins do too: a way round the one database that is theirs.`,
      cure: `${own ? "" : "-- First grant connect to those who use it.\n"}revoke ${rights} on database ${quoted(name)} from public;`,
      severity: own ? "error" : "warning",
    };
  });
}

/** Rights on databases given to Hestia's own logins beyond connecting where each belongs. */
async function findDatabaseRights(catalogue: Catalogue): Promise<Fault[]> {
  const { installation, query, strangers } = catalogue;
  const found = await query<{ name: string; holder: string; rights: string }>(
    `select d.datname as name, pg_get_userbyid(a.grantee) as holder, string_agg(lower(a.privilege_type), ', ' order by 1) as rights
     from pg_database d cross join lateral aclexplode(d.datacl) a
     where a.grantee <> 0 and (a.grantee = any ($1::oid[]) or pg_get_userbyid(a.grantee) = $2)
       and d.datdba <> a.grantee
     group by d.oid, d.datname, a.grantee
     order by 1, 2`,
    [strangers, installation.roles.directory],
  );
  return found
    .filter((each) => each.rights !== "connect" || !mayConnect(catalogue, each.holder, each.name))
    .map(({ name, holder, rights }) => ({
      object: `database ${name}`,
      why: `${holder} has ${rights} on it: more than connecting to where it belongs.`,
      cure: `revoke ${mayConnect(catalogue, holder, name) ? rights.replace(/, connect|connect, /, "") : "all"} on database ${quoted(name)} from ${quoted(holder)};`,
    }));
}

function mayConnect({ installation }: Catalogue, holder: string, database: string): boolean {
  // One that is just being made is not known yet.
  const made = installation.unknown.includes(database) ? "tenant" : undefined;
  const kind = installation.databases.get(database) ?? made;
  if (holder === installation.roles.directory) return kind !== undefined && kind !== "template";
  return kind === "tenant" ? holder === database : kind === "data";
}

/** What holds for the whole server. */
export const serverChecks: readonly Check[] = [
  { name: "reduced-isolation", on: ["platform"], severity: "warning", find: findReduced },
  { name: "tenant-databases", on: ["platform"], severity: "error", find: findLost },
  { name: "open-databases", on: ["platform"], severity: "error", find: findOpenDatabases },
  { name: "database-rights", on: ["platform"], severity: "error", find: findDatabaseRights },
];
