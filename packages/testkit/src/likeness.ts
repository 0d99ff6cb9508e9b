// Everything in a database that isolation rests on, as comparable lines: names of roles, places and tenants are taken out,
// so that two installations with the same protection give the same lines. Read only.

import pg from "pg";

/** One thing and how it is. */
export type Trait = { readonly kind: string; readonly object: string; readonly definition: string };

/** What is looked at. */
export type LikenessOptions = {
  readonly rolePrefix: string;
  /** The places whose contents count; their names are taken out. */
  readonly place: string;
  /** The tenants of the place, whose ids are taken out. */
  readonly tenantIds: readonly string[];
};

/** Reads the traits of a database and of one place in it. */
export async function readTraits(
  client: pg.ClientBase,
  { rolePrefix, place, tenantIds }: LikenessOptions,
): Promise<Trait[]> {
  const { rows } = await client.query<Trait>(traitsText(rolePrefix), [[place, "shared", "hestia"]]);
  const plain = (text: string) => plainText(text, { rolePrefix, place, tenantIds });
  return rows.map(({ kind, object, definition }) => ({
    kind,
    object: plain(object),
    definition: plain(definition),
  }));
}

function plainText(text: string, { rolePrefix, place, tenantIds }: LikenessOptions): string {
  const role = new RegExp(`\\b${rolePrefix}_(owner|app|system|directory)(_\\d+)?\\b`, "g");
  const named = text.replace(role, "{$1}");
  const placed = place === "app" ? named : named.replaceAll(place, "{place}");
  return tenantIds.reduce((left, id) => left.replaceAll(id, "{tenant}"), placed);
}

/** What one has and the other has not. */
export function differences(
  real: readonly Trait[],
  copy: readonly Trait[],
): { readonly object: string; readonly detail: string }[] {
  const key = ({ kind, object }: Trait) => `${kind} ${object}`;
  const keyed = (traits: readonly Trait[]) =>
    new Map(traits.map((trait) => [key(trait), trait.definition]));
  const [here, there] = [keyed(real), keyed(copy)];
  return [...new Set([...here.keys(), ...there.keys()])].sort().flatMap((object) => {
    const [is, shouldBe] = [here.get(object), there.get(object)];
    if (is === shouldBe) return [];
    const told = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
    if (is === undefined) return [{ object, detail: "it is missing there" }];
    if (shouldBe === undefined)
      return [{ object, detail: `it is there, and no migration makes it: ${told(is)}` }];
    return [{ object, detail: `it is ${told(is)}, and should be ${told(shouldBe)}` }];
  });
}

/** Rights, with the names of roles taken out. */
const rights = (acl: string, prefix: string, but = "null::oid") => `
  (select string_agg(format('%s=%s', ${roleName("a.grantee", prefix)}, a.privileges), ' ' order by ${roleName("a.grantee", prefix)})
   from (select grantee, string_agg(privilege_type || case when is_grantable then '*' else '' end, ',' order by privilege_type) as privileges
     from aclexplode(${acl}) where grantee is distinct from ${but} group by grantee) a)`;

const roleName = (oid: string, prefix: string) => `
  (select case when ${oid} = 0 then 'PUBLIC' else coalesce((select case
      when ro.rolsuper then '{superuser}'
      when ro.rolname ~ ${pg.escapeLiteral(`^${prefix}_(owner|app|app_[0-9]+|system|directory|tenant)$`)}
        then regexp_replace(ro.rolname, ${pg.escapeLiteral(`^${prefix}_`)}, '')
      when ro.rolname ~ ${pg.escapeLiteral(`^${prefix}_t_[0-9a-f]{32}$`)} then '{login}'
      else ro.rolname end from pg_roles ro where ro.oid = ${oid}), '?') end)`;

const traitsText = (prefix: string) => `
  with places as (select oid, nspname from pg_namespace where nspname = any ($1)
    or nspname !~ '^(t_[0-9a-f]{32}|pg_.*|information_schema)$'),
  relations as (
    select c.*, n.nspname from pg_class c join places n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  )
  select 'relation' as kind, format('%I.%I', r.nspname, r.relname) as object,
    concat_ws('; ', r.relkind, 'owner ' || ${roleName("r.relowner", prefix)}, case when r.relrowsecurity then 'row security' end,
      case when r.relforcerowsecurity then 'forced' end, r.reloptions::text, ${rights("coalesce(r.relacl, case when r.relkind = 'S' then acldefault('s', r.relowner) else acldefault('r', r.relowner) end)", prefix)}) as definition
    from relations r
  union all
  select 'column', format('%I.%I.%I', r.nspname, r.relname, a.attname),
    concat_ws('; ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end, pg_get_expr(d.adbin, d.adrelid), ${rights("a.attacl", prefix)})
    from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where r.relkind in ('r', 'p')
  union all
  select 'policy', format('%I on %I.%I', p.polname, r.nspname, r.relname),
    concat_ws('; ', p.polcmd, case when p.polpermissive then 'permissive' end, p.polroles::text, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    from relations r join pg_policy p on p.polrelid = r.oid
  union all
  select 'constraint', format('%I on %I.%I', k.conname, r.nspname, r.relname), pg_get_constraintdef(k.oid)
    from relations r join pg_constraint k on k.conrelid = r.oid where k.contype <> 'n'
  union all
  select 'index', format('%I.%I', r.nspname, i.relname), pg_get_indexdef(i.oid)
    from relations r join pg_index x on x.indrelid = r.oid join pg_class i on i.oid = x.indexrelid
  union all
  select 'view', format('%I.%I', r.nspname, r.relname), pg_get_viewdef(r.oid) from relations r where r.relkind in ('v', 'm')
  union all
  select 'rule', format('%I on %I.%I', w.rulename, r.nspname, r.relname), pg_get_ruledef(w.oid)
    from relations r join pg_rewrite w on w.ev_class = r.oid where w.rulename <> '_RETURN'
  union all
  select 'trigger', format('%I on %I.%I', t.tgname, r.nspname, r.relname), pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
    from relations r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
  union all
  select 'function', p.oid::regprocedure::text,
    concat_ws('; ', 'owner ' || ${roleName("p.proowner", prefix)}, case when p.prosecdef then 'security definer' end, p.provolatile,
      p.proconfig::text, p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), ''), ${rights("coalesce(p.proacl, acldefault('f', p.proowner))", prefix)})
    from pg_proc p join places n on n.oid = p.pronamespace
  union all
  select 'schema', n.nspname, concat_ws('; ', 'owner ' || ${roleName("n.nspowner", prefix)}, ${rights("coalesce(n.nspacl, acldefault('n', n.nspowner))", prefix)})
    from pg_namespace n where n.nspname !~ '^(t_[0-9a-f]{32}|pg_toast.*|pg_temp.*)$' or n.nspname = any ($1)
  union all
  select 'function', p.oid::regprocedure::text, ${rights("p.proacl", prefix)}
    from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.proacl is not null
      and not exists (select from aclexplode(p.proacl) e where e.grantee = 0)
  union all
  select 'catalogue', c.oid::regclass::text, ${rights("coalesce(c.relacl, acldefault('r', c.relowner))", prefix)}
    from pg_class c where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind in ('r', 'v')
  union all
  select 'language', l.lanname, ${rights("coalesce(l.lanacl, acldefault('l', l.lanowner))", prefix)} from pg_language l
  union all
  select 'extension', e.extname, n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  union all
  select 'database', 'rights', concat_ws('; ', case when not ow.rolsuper and ow.rolname <> ${pg.escapeLiteral(`${prefix}_owner`)} then 'owner ' || ow.rolname end,
      ${rights("coalesce(d.datacl, acldefault('d', d.datdba))", prefix, "d.datdba")})
    from pg_database d join pg_roles ow on ow.oid = d.datdba where d.datname = current_database()
  union all
  select 'default privileges', format('%s %s', d.defaclobjtype, d.defaclnamespace::regnamespace), ${rights("d.defaclacl", prefix)}
    from pg_default_acl d`;
