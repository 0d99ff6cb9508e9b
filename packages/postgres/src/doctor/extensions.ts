// Extensions that can do what a tenant's statement must not: reach other databases or files, run text as SQL, or show
// pages, locks and other sessions' statements. Their functions are PUBLIC's from the start.

import { type Catalogue, heldBy } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";

const risks: Record<string, string> = {
  adminpack: "writes files of the server",
  amcheck: "reads the pages of any table",
  dblink: "connects to other databases",
  file_fdw: "reads files of the server",
  lo: "makes large objects that all tenants share",
  pageinspect: "reads the pages of any table",
  pg_buffercache: "shows which pages of which tables are in use",
  pg_freespacemap: "shows how much other tenants delete",
  pg_prewarm: "reads any table",
  pg_stat_statements: "shows the statements of all tenants, who share a login",
  pg_surgery: "changes the pages of any table",
  pg_visibility: "reads the pages of any table",
  pg_walinspect: "reads what all tenants write",
  pgrowlocks: "shows which rows other tenants lock",
  pgstattuple: "counts the rows of all tenants",
  postgres_fdw: "connects to other databases",
  tablefunc: "runs a text as SQL, past the rule on first tokens",
  xml2: "reads files and addresses that a document names",
};

async function findExtensions(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ name: string; functions: string; relations: string }>(
    `select e.extname as name,
       coalesce(string_agg(distinct case when x.kind = 'function' then format('revoke execute on routine %s from %s;', x.name, x.holders) end, E'\\n'), '') as functions,
       coalesce(string_agg(distinct case when x.kind = 'relation' then format('revoke all on %s from %s;', x.name, x.holders) end, E'\\n'), '') as relations
     from pg_extension e
     join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
     join (
       select 'function' as kind, 'pg_proc'::regclass as class, p.oid, p.oid::regprocedure::text as name, held.holders
       from pg_proc p ${heldBy("coalesce(p.proacl, acldefault('f', p.proowner))")}
       union all
       select 'relation', 'pg_class'::regclass, c.oid, c.oid::regclass::text, held.holders
       from pg_class c ${heldBy("c.relacl")}
     ) x on x.class = d.classid and x.oid = d.objid
     where x.holders is not null and e.extname = any ($2)
     group by e.extname
     order by 1`,
    [catalogue.strangers, Object.keys(risks)],
  );
  return found.map(({ name, functions, relations }) => ({
    object: `extension ${name}`,
    why: `Tenants' statements can use it, and it ${risks[name]}.`,
    cure: [functions, relations].filter((each) => each !== "").join("\n"),
  }));
}

/** Extensions in reach of tenants' statements. */
export const extensionChecks: readonly Check[] = [
  {
    name: "extensions",
    on: ["data", "template", "tenant"],
    severity: "error",
    find: findExtensions,
  },
];
