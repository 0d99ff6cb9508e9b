// What runs, compared with what was attacked: the catalogue and the roles of the real installation against those of the
// scratch copy. The proof holds for the installation only where they are alike. Read only; no row of a tenant is read.

import type { IsolationModel } from "@hestia/core";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import type pg from "pg";
import { differences, readTraits, type Trait } from "./likeness.ts";
import type { Finding, ReportGroup } from "./report.ts";
import type { Scratch, Side } from "./scratch.ts";

/** A place of the real installation. */
type Target = {
  readonly isolation: IsolationModel;
  readonly database: string;
  readonly place: string;
  readonly tenantIds: readonly string[];
};

type Real = { readonly rolePrefix: string; readonly targets: readonly Target[] };

/** How many tenants of a model are compared unless all are asked for. */
const tenantsMax = 3;

/** Compares the installation with the copy; one probe a place, and one for the roles. */
export async function compareInstallation(
  databaseUrl: string,
  scratch: Scratch,
  { sides, full, checkEnded }: { sides: readonly Side[]; full: boolean; checkEnded: () => void },
): Promise<{ group: ReportGroup; findings: Finding[] }> {
  const { rolePrefix, targets } = await readInstallation(databaseUrl, full);
  const findings: Finding[] = [];
  let failed = 0;
  const compare = (where: string, real: Trait[], copy: Trait[], model?: IsolationModel) => {
    const found = differences(real, copy);
    failed += found.length > 0 ? 1 : 0;
    for (const { object, detail } of found)
      findings.push({
        ...{ kind: "difference", name: "compare what runs with what was attacked", model },
        ...{ object: `${object} in ${where}`, detail },
      });
  };
  const roles = (url: string, prefix: string) =>
    withClient(url, (client) => readRoles(client, prefix));
  compare(
    "roles",
    await roles(databaseUrl, rolePrefix),
    await roles(scratch.databaseUrl, scratch.rolePrefix),
  );
  for (const target of targets) {
    checkEnded();
    const side = sides.find(({ isolation }) => isolation === target.isolation);
    if (!side) continue;
    const [real, copy] = [
      await traitsOf(databaseUrl, { ...target, rolePrefix }),
      await traitsOf(scratch.databaseUrl, {
        ...{ database: side.database, place: side.place, rolePrefix: scratch.rolePrefix },
        tenantIds: sides.map(({ id }) => id),
      }),
    ];
    const where = target.place === "app" ? target.database : `${target.database}, ${target.place}`;
    compare(where, real, copy, target.isolation);
  }
  const probes = 1 + targets.length;
  return { group: { model: "", group: "installation", probes, failed }, findings };
}

function traitsOf(
  url: string,
  target: { database: string; place: string; rolePrefix: string; tenantIds: readonly string[] },
): Promise<Trait[]> {
  return withClient(withDatabase(url, target.database), (client) => readTraits(client, target));
}

async function readInstallation(databaseUrl: string, full: boolean): Promise<Real> {
  return withClient(databaseUrl, async (client) => {
    const { rows: clusters } = await client.query<{ rolePrefix: string; database: string }>(
      `select role_prefix as "rolePrefix", data_database as database from platform.clusters order by name limit 1`,
    );
    const [cluster] = clusters;
    if (!cluster) return { rolePrefix: "", targets: [] };
    const { rows } = await client.query<{
      id: string;
      isolation: IsolationModel;
      database: string | null;
      schema: string | null;
    }>(
      `select id, isolation, database_name as database, schema_name as schema
       from (select *, row_number() over (partition by isolation order by id) as n from platform.tenants
         where status in ('active', 'readonly', 'suspended')) t
       where isolation = 'shared' or n <= $1 order by isolation, id`,
      [full ? 1_000_000 : tenantsMax],
    );
    const own = rows
      .filter(({ isolation }) => isolation !== "shared")
      .map(({ id, isolation, database, schema }) => ({
        ...{ isolation, database: database ?? cluster.database, place: schema ?? "app" },
        tenantIds: [id],
      }));
    const isShared = rows.some(({ isolation }) => isolation === "shared");
    const shared: Target[] = isShared
      ? [{ isolation: "shared", database: cluster.database, place: "app", tenantIds: [] }]
      : [];
    return { rolePrefix: cluster.rolePrefix, targets: [...shared, ...own] };
  });
}

/** The roles of an installation, what they may do, belong to and are set to. */
async function readRoles(client: pg.ClientBase, prefix: string): Promise<Trait[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select substr(r.rolname, length($1) + 2) as name, concat_ws('; ',
       case when r.rolsuper then 'superuser' end, case when r.rolbypassrls then 'bypassrls' end,
       case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
       case when r.rolreplication then 'replication' end, case when r.rolcanlogin then 'login' end,
       case when r.rolinherit then 'inherit' end,
       'member of ' || (select string_agg(regexp_replace(g.rolname, '^' || $1 || '_', ''), ', ' order by g.rolname)
         from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid),
       (select string_agg(s, ', ' order by s) from unnest(r.rolconfig) s)) as definition
     from pg_roles r where r.rolname ~ ('^' || $1 || '_(owner|app|app_[0-9]+|system|directory|tenant)$')`,
    [prefix],
  );
  return rows.map(({ name, definition }) => ({ kind: "role", object: name, definition }));
}
