// What hestia.faults() finds in each place where tenants' tables live, and what lies beside those places: tables that
// nobody isolated, views with another's rights, materialised views. Every row that a tenant can reach has a policy.

import { quoted } from "../cluster/identifiers.ts";
import { type Catalogue, heldBy, tenantSchemas } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";

type PlaceFault = {
  place: string;
  relation: string;
  object: string;
  fault: string;
  tenant: string | null;
  definition: string | null;
  others: string | null;
  drops: string | null;
};

/** What checks of their own find, each with its cure. */
const foundElsewhere = [
  "its grants are not those of Hestia",
  "it does not belong to the role of the owner",
  "the rule runs with other rights than its caller's",
];

async function findPlaceFaults(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<PlaceFault>(
    `select n.nspname as place, f.relation::text as relation, f.object, f.fault,
       (select t.tenant_id::text from hestia.tenants t where t.place = n.nspname and n.nspname <> 'app') as tenant,
       pg_get_constraintdef(k.oid) as definition,
       (select string_agg(quote_ident(a.attname), ', ' order by u.o) from unnest(k.conkey) with ordinality u (n, o)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n where a.attname <> 'tenant_id') as others,
       (select string_agg(format('drop policy %I on %s;', p.polname, f.relation), E'\\n') from pg_policy p
          where p.polrelid = f.relation and p.polname !~ '^hestia_(select|insert|update|delete)$') as drops
     from pg_namespace n cross join lateral hestia.faults(n.nspname) f
     left join pg_constraint k on k.conrelid = f.relation and k.conname = f.object and k.contype = 'f'
     where ${tenantSchemas} and f.fault <> all ($1)
     order by 1, 2, 3, 4`,
    [foundElsewhere],
  );
  const owner = quoted(catalogue.installation.roles.owner);
  const byObject = Map.groupBy(found, nameOf);
  return [...byObject].map(([object, faults]) => ({
    object,
    why: `In ${faults[0]?.place}: ${faults.map(({ fault }) => fault).join("; ")}.`,
    cure: [...new Set(faults.map((each) => cureOf(each, owner)))].join("\n"),
  }));
}

function nameOf({ relation, object }: PlaceFault): string {
  return relation.endsWith(`.${object}`) ? `table ${relation}` : `${object} of ${relation}`;
}

function cureOf(
  { relation, object, fault, tenant, definition, others, drops }: PlaceFault,
  owner: string,
) {
  if (fault.startsWith("the view")) return `alter view ${relation} set (security_invoker = true);`;
  if (fault === "the foreign key would empty tenant_id" && definition !== null) {
    const named = definition.replace(
      /(ON DELETE SET (?:NULL|DEFAULT))( \([^)]*\))?/,
      `$1 (${others})`,
    );
    return `alter table ${relation} drop constraint ${quoted(object)};\nalter table ${relation} add constraint ${quoted(object)} ${named};`;
  }
  const scope = tenant === null ? "" : `set hestia.tenant = '${tenant}';\n`;
  return `set role ${owner};\n${drops === null ? "" : `${drops}\n`}${scope}select hestia.isolate('${relation}');\nreset role;`;
}

/** What an extension brings is judged with the extension. */
const ofExtension = `exists (select from pg_depend d
  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/** Where the application may read a relation that no policy covers. */
async function findOpenRelations(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{
    name: string;
    kind: string;
    holders: string;
    rights: string;
  }>(
    `select c.oid::regclass::text as name, held.holders, held.rights,
       case c.relkind when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind
     from pg_class c join pg_namespace n on n.oid = c.relnamespace ${heldBy("c.relacl")}
     where held.holders is not null and n.nspname not in ('pg_catalog', 'information_schema')
       and not ${ofExtension}
       and (c.relkind in ('m', 'f') or c.relkind in ('r', 'p') and n.nspname <> 'shared' and not ${tenantSchemas})
     order by 1`,
    [catalogue.strangers],
  );
  return found.map(({ name, kind, holders, rights }) => ({
    object: `${kind} ${name}`,
    why: `Tenants' statements have ${rights} on it, and no policy keeps one tenant's rows from another.`,
    cure: `revoke all on ${name} from ${holders};`,
  }));
}

/** Views beside the places, which hestia.faults() does not look at, and views in a superuser's hands anywhere. */
async function findViews(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ name: string; invoker: boolean; superuser: boolean }>(
    `select c.oid::regclass::text as name, r.rolsuper and r.rolname <> $2 as superuser,
       ${tenantSchemas} or coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false) as invoker
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = c.relowner
     ${heldBy("c.relacl")}
     where c.relkind = 'v' and held.holders is not null and n.nspname not in ('pg_catalog', 'information_schema')
       and not ${ofExtension}
     order by 1`,
    [catalogue.strangers, catalogue.installation.roles.owner],
  );
  const owner = quoted(catalogue.installation.roles.owner);
  return found.flatMap(({ name, invoker, superuser }) => [
    ...(invoker
      ? []
      : [
          {
            object: `view ${name}`,
            why: "It reads with its owner's rights, not with those of the tenant's statement.",
            cure: `alter view ${name} set (security_invoker = true);`,
          },
        ]),
    ...(superuser
      ? [
          {
            object: `view ${name}`,
            why: "A superuser owns it: without security_invoker, one ALTER away, it would pass every policy.",
            cure: `alter view ${name} owner to ${owner};`,
          },
        ]
      : []),
  ]);
}

/** Rules run with the table owner's rights, whoever's statement wakes them. */
async function findRules(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ rule: string; name: string }>(
    `select quote_ident(w.rulename) as rule, c.oid::regclass::text as name
     from pg_rewrite w join pg_class c on c.oid = w.ev_class join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and (${tenantSchemas} or n.nspname = 'shared')
     order by 1, 2`,
  );
  return found.map(({ rule, name }) => ({
    object: `rule ${rule} on ${name}`,
    why: "A rule's statements run with its owner's rights; a trigger's run with those of the tenant.",
    cure: `drop rule ${rule} on ${name};`,
  }));
}

/** Tables, views and rules: whatever holds rows or leads to them. */
export const placeChecks: readonly Check[] = [
  { name: "isolation", on: ["data", "tenant"], severity: "error", find: findPlaceFaults },
  {
    name: "open-relations",
    on: ["data", "template", "tenant"],
    severity: "error",
    find: findOpenRelations,
  },
  { name: "views", on: ["data", "template", "tenant"], severity: "error", find: findViews },
  { name: "rules", on: ["data", "tenant"], severity: "error", find: findRules },
];
