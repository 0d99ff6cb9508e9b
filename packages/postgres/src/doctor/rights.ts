// Rights that a tenant's statements must not have, beyond reading and writing rows: more on tables, sequences,
// functions with another's rights, and default privileges that would hand out such rights later.

import { quoted } from "../cluster/identifiers.ts";
import { type Catalogue, heldBy, systemSchemas, tenantSchemas } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";

type Held = { name: string; holders: string; rights: string };

const rowRights = ["SELECT", "INSERT", "UPDATE", "DELETE"];

async function findTableRights(catalogue: Catalogue): Promise<Fault[]> {
  const rights = rowRights.map((each) => `'${each}'`).join(", ");
  const found = await catalogue.query<Held>(
    `select c.oid::regclass::text as name,
       string_agg(distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, ', ') as holders,
       string_agg(distinct lower(a.privilege_type), ', ') as rights
     from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) a
     where c.relkind in ('r', 'p', 'v') and a.grantee = any ($1::oid[]) and a.grantee <> c.relowner
       and (${tenantSchemas} and (a.grantee = 0 or a.privilege_type not in (${rights}))
         or n.nspname = 'shared' and (a.grantee = 0 or a.privilege_type <> 'SELECT'))
     group by c.oid
     order by 1`,
    [catalogue.strangers],
  );
  return found.map(({ name, holders, rights }) => ({
    object: `table ${name}`,
    why: `${holders} may ${rights} on it, which no policy restrains or no tenant should.`,
    cure: `revoke ${rights} on ${name} from ${holders};`,
  }));
}

async function findSequences(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<Held>(
    `select c.oid::regclass::text as name, held.holders, held.rights
     from pg_class c join pg_namespace n on n.oid = c.relnamespace ${heldBy("c.relacl")}
     where c.relkind = 'S' and held.holders is not null and not (${systemSchemas})
     order by 1`,
    [catalogue.strangers],
  );
  return found.map(({ name, holders }) => ({
    object: `sequence ${name}`,
    why: "It shows one tenant how much the others write, and lets it use up their numbers.",
    cure: `revoke all on sequence ${name} from ${holders};`,
  }));
}

/** Hestia's own that tenants' statements call. */
const ownFunctions = ["hestia.enter(text)", "hestia.scope(text)", "hestia.tenant_id()"];

async function findFunctions(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ name: string; holders: string; own: boolean }>(
    `select p.oid::regprocedure::text as name, held.holders, n.nspname = 'hestia' as own
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     ${heldBy("coalesce(p.proacl, acldefault('f', p.proowner))")}
     where held.holders is not null and (n.nspname = 'hestia' or p.prosecdef and not (${systemSchemas}))
       and p.oid::regprocedure::text <> all ($2)
     order by 1`,
    [catalogue.strangers, ownFunctions],
  );
  return found.map(({ name, holders, own }) => ({
    object: `function ${name}`,
    why: own
      ? "It is part of Hestia's machinery and none of the tenants' business."
      : "It runs with its owner's rights whatever the tenant's scope (SECURITY DEFINER).",
    cure: own
      ? `revoke execute on function ${name} from ${holders};`
      : `revoke execute on function ${name} from ${holders};\n-- or, where tenants need it: alter function ${name} security invoker;`,
  }));
}

/** Firing a trigger needs no right to execute its function. */
async function findTriggers(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ name: string; table: string; function: string }>(
    `select quote_ident(t.tgname) as name, c.oid::regclass::text as table, p.oid::regprocedure::text as function
     from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
     join pg_proc p on p.oid = t.tgfoid
     where not t.tgisinternal and p.prosecdef and ${tenantSchemas}
     order by 2, 1`,
  );
  return found.map(({ name, table, function: signature }) => ({
    object: `trigger ${name} on ${table}`,
    why: "Its function runs with its owner's rights whatever the tenant's scope (SECURITY DEFINER).",
    cure: `alter function ${signature} security invoker;`,
  }));
}

async function findScopeFunctions(catalogue: Catalogue): Promise<Fault[]> {
  const { owner } = catalogue.installation.roles;
  const found = await catalogue.query<{ name: string; definer: boolean; owned: boolean }>(
    `select p.oid::regprocedure::text as name, p.prosecdef as definer, pg_get_userbyid(p.proowner) = $1 as owned
     from pg_proc p
     where p.pronamespace = 'hestia'::regnamespace and p.proname in ('enter', 'enter_or_refuse', 'expect_unchanged', 'scope', 'issue')
     order by 1`,
    [owner],
  );
  return found
    .filter(({ definer, owned }) => !definer || !owned)
    .map(({ name }) => ({
      object: `function ${name}`,
      why: "The sealed scope rests on it: it must run with the rights of Hestia's owner, neither less nor more.",
      cure: `alter function ${name} owner to ${quoted(owner)};\nalter function ${name} security definer;`,
    }));
}

const defaultKinds: Record<string, string> = {
  r: "tables",
  S: "sequences",
  f: "functions",
  T: "types",
  n: "schemas",
};

/** What later objects would be granted: to strangers nothing, and of the owner's functions not even what PostgreSQL presets. */
async function findDefaultPrivileges(catalogue: Catalogue): Promise<Fault[]> {
  const { owner } = catalogue.installation.roles;
  const found = await catalogue.query<Held & { schema: string | null; kind: string }>(
    `select quote_ident(pg_get_userbyid(d.defaclrole)) as name, quote_ident(n.nspname) as schema,
       d.defaclobjtype as kind, held.holders, held.rights
     from (select defaclrole, defaclnamespace, defaclobjtype, defaclacl from pg_default_acl
       union all select r.oid, 0, 'f', acldefault('f', r.oid) from pg_roles r where r.rolname = $2
         and not exists (select from pg_default_acl x where x.defaclrole = r.oid and x.defaclnamespace = 0 and x.defaclobjtype = 'f')
       ) d
     left join pg_namespace n on n.oid = d.defaclnamespace ${heldBy("d.defaclacl")}
     where held.holders is not null
     order by 1, 2, 3`,
    [catalogue.strangers, owner],
  );
  return found.map(({ name, schema, kind, holders, rights }) => {
    const what = defaultKinds[kind] ?? "tables";
    const where = schema === null ? "" : ` in schema ${schema}`;
    return {
      object: `default privileges of ${name} on ${what}${where}`,
      why: `Whatever ${name} makes next is granted to ${holders} (${rights}) before anyone looks at it.`,
      cure: `alter default privileges for role ${name}${where} revoke all on ${what} from ${holders};`,
    };
  });
}

async function findOwners(catalogue: Catalogue): Promise<Fault[]> {
  const { owner } = catalogue.installation.roles;
  const found = await catalogue.query<{ name: string; kind: string; role: string }>(
    `select c.oid::regclass::text as name, quote_ident(pg_get_userbyid(c.relowner)) as role,
       case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm') and pg_get_userbyid(c.relowner) <> $2
       and (c.relowner = any ($1::oid[]) or c.relkind in ('r', 'p') and (${tenantSchemas} or n.nspname in ('shared', 'hestia')))
     order by 1`,
    [catalogue.strangers, owner],
  );
  return found.map(({ name, kind, role }) => ({
    object: `${kind} ${name}`,
    why: `It belongs to ${role}, which can alter its policies and grants; only ${owner} should.`,
    cure: `alter ${kind} ${name} owner to ${quoted(owner)};`,
  }));
}

/** Rights in one database. */
export const rightsChecks: readonly Check[] = [
  { name: "table-rights", on: ["data", "tenant"], severity: "error", find: findTableRights },
  { name: "sequences", on: ["data", "template", "tenant"], severity: "error", find: findSequences },
  {
    name: "definer-functions",
    on: ["data", "template", "tenant"],
    severity: "error",
    find: findFunctions,
  },
  { name: "definer-triggers", on: ["data", "tenant"], severity: "warning", find: findTriggers },
  {
    name: "scope-functions",
    on: ["data", "template", "tenant"],
    severity: "error",
    find: findScopeFunctions,
  },
  {
    name: "default-privileges",
    on: ["data", "template", "tenant"],
    severity: "error",
    find: findDefaultPrivileges,
  },
  { name: "owners", on: ["data", "tenant"], severity: "error", find: findOwners },
];
