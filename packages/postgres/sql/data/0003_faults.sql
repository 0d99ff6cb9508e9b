-- What stands in the way of isolation, found in the catalogue alone. Nothing here changes anything.

-- What is wrong with the shape of tables and views in a schema, all of them or those named: one row a fault.
-- "offset 0" has each catalogue asked by its index for one relation after the other: a plan that begins with all
-- relations of the database would grow with the number of tenants.
create function hestia.faults_of(place name, among oid[]) returns table (relation regclass, object text, fault text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  standard constant text := hestia.tenant_default();
  pin constant text := hestia.pin(hestia.pinned_tenant(place));
begin
  return query
  with relations as materialized (
    select r.oid, r.oid::regclass as relation, r.relname::text as name, r.relkind, r.relrowsecurity, r.relforcerowsecurity, r.reloptions
    from hestia.relations(faults_of.place) r where r.relkind in ('r', 'p', 'v') and (among is null or r.oid = any (among))
  ),
  tables as materialized (
    select r.*, a.attnum as tenant
    from relations r left join lateral (
      select a.attnum from pg_attribute a
      where a.attrelid = r.oid and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype and a.attnotnull and a.attgenerated = '' offset 0
    ) a on true
    where r.relkind in ('r', 'p')
  ),
  keys as materialized (
    select k.*
    from tables t cross join lateral (
      select t.relation, t.tenant, k.conname::text as name, k.conkey, k.confkey, k.confupdtype, k.confdeltype, k.confdelsetcols, n.nspname as target_schema,
        (select a.attnum from pg_attribute a where a.attrelid = k.confrelid and a.attname = 'tenant_id') as target_tenant
      from pg_constraint k join pg_class r on r.oid = k.confrelid join pg_namespace n on n.oid = r.relnamespace
      where k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0 offset 0
    ) k
  )
  select t.relation, t.name, 'no tenant_id uuid not null' from tables t where t.tenant is null
  union all
  select t.relation, t.name, 'tenant_id does not default to the tenant in scope'
    from tables t
    where t.tenant is not null and not exists (
      select from pg_attrdef d where d.adrelid = t.oid and d.adnum = t.tenant and pg_get_expr(d.adbin, d.adrelid) = standard offset 0)
  union all
  select t.relation, t.name, 'row security is not forced' from tables t where not (t.relrowsecurity and t.relforcerowsecurity)
  union all
  select t.relation, t.name, 'its policies are not those of Hestia'
    from tables t
    where row(1::bigint, 1::bigint) is distinct from (
      select (count(*), count(*) filter (where hestia.is_sound(p, faults_of.place))) from pg_policy p where p.polrelid = t.oid)
  union all
  select t.relation, x.name, 'the index does not lead with tenant_id'
    from tables t cross join lateral (
      select i.relname::text as name from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid = t.oid and x.indkey[0] <> t.tenant offset 0
    ) x
  union all
  select k.relation, k.name, 'the foreign key does not carry tenant_id'
    from keys k
    where k.target_schema = faults_of.place and k.tenant is not null and not coalesce(k.target_tenant = k.confkey[array_position(k.conkey, k.tenant)], false)
  union all
  select k.relation, k.name, 'the foreign key would empty tenant_id'
    from keys k
    where k.tenant = any (k.conkey)
      and (k.confupdtype in ('n', 'd') or (k.confdeltype in ('n', 'd') and (k.confdelsetcols is null or k.tenant = any (k.confdelsetcols))))
  union all
  select k.relation, k.name, 'the foreign key leaves the tenant''s tables' from keys k where k.target_schema not in (faults_of.place, 'shared')
  union all
  select t.relation, k.name, 'a foreign key from elsewhere refers to it'
    from tables t cross join lateral (
      select distinct k.conname::text as name
      from pg_depend d join pg_constraint k on k.oid = d.objid and k.contype = 'f' and k.conparentid = 0 and k.confrelid = d.refobjid
      join pg_class s on s.oid = k.conrelid join pg_namespace n on n.oid = s.relnamespace and n.nspname <> faults_of.place
      where d.classid = 'pg_constraint'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid offset 0
    ) k
  union all
  select t.relation, t.name, 'no check pins the tenant of this place'
    from tables t
    where pin is not null and not exists (
      select from pg_constraint k
      where k.conrelid = t.oid and k.contypid = 0 and k.conname = 'hestia_tenant_check' and k.contype = 'c' and k.convalidated
        and not to_jsonb(k) @> '{"conenforced": false}' and pg_get_expr(k.conbin, k.conrelid) = pin offset 0)
  union all
  select t.relation, d.name, 'the column takes its default from a sequence'
    from tables t cross join lateral (
      select a.attname::text as name
      from pg_attrdef d join pg_depend u on u.classid = 'pg_attrdef'::regclass and u.objid = d.oid and u.refclassid = 'pg_class'::regclass
      join pg_class s on s.oid = u.refobjid and s.relkind = 'S' join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      where d.adrelid = t.oid offset 0
    ) d
  union all
  select t.relation, t.name, 'it inherits, or is inherited from'
    from tables t
    where exists (select from pg_inherits h join pg_class i on i.oid = h.inhrelid where h.inhrelid = t.oid and not i.relispartition offset 0)
      or exists (select from pg_inherits h join pg_class i on i.oid = h.inhrelid where h.inhparent = t.oid and not i.relispartition offset 0)
  union all
  select r.relation, r.name, 'the view does not run with its caller''s rights'
    from relations r
    where r.relkind = 'v' and not coalesce((select o.option_value::boolean from pg_options_to_table(r.reloptions) o
      where o.option_name = 'security_invoker'), false);
end $$;

-- What gives more than row security and the grants of Hestia allow: rules, foreign tables, rights and owners.
create function hestia.excesses_of(place name, among oid[]) returns table (relation regclass, object text, fault text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with relations as materialized (
    select r.oid, r.oid::regclass as relation, r.relname::text as name, r.relkind, r.relowner
    from hestia.relations(place) r where r.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and (among is null or r.oid = any (among))
  )
  select r.relation, w.name, 'the rule runs with other rights than its caller''s'
    from relations r cross join lateral (
      select w.rulename::text as name from pg_rewrite w where w.ev_class = r.oid and w.rulename <> '_RETURN' offset 0
    ) w
  union all
  select r.relation, r.name, 'no policy guards a foreign table' from relations r where r.relkind = 'f'
  union all
  select r.relation, r.name, 'its grants are not those of Hestia'
    from relations r
    where hestia.grants_differ(r.oid, case when r.relkind in ('r', 'p', 'v') then '{DELETE,INSERT,SELECT,UPDATE}'::text[] else '{}' end)
  union all
  select r.relation, r.name, 'it does not belong to the role of the owner'
    from relations r where r.relkind in ('r', 'p', 'v') and r.relowner <> {{owner_literal}}::regrole
$$;

-- The same of a whole schema: none when every table is isolated.
create function hestia.faults(place name) returns table (relation regclass, object text, fault text)
language sql stable set search_path = pg_catalog, pg_temp as
$$ select * from hestia.faults_of(place, null) $$;

create function hestia.excesses(place name) returns table (relation regclass, object text, fault text)
language sql stable set search_path = pg_catalog, pg_temp as
$$ select * from hestia.excesses_of(place, null) $$;

-- Tables that stand where nobody looks after them: neither in the place, nor properly shared.
create function hestia.strays(place name) returns table (relation regclass, reason text, cure text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select r.oid::regclass, format('it stands in the schema %I', n.nspname), 'Leave the schema out of its name.'
    from pg_namespace n cross join lateral hestia.relations(n.nspname) r
    where n.nspname !~ '^(app|t_[0-9a-f]{32}|shared|hestia|hestia_versions|information_schema|pg_.*)$'
      and r.relkind in ('r', 'p', 'f', 'm') and r.relowner = {{owner_literal}}::regrole
  union all
  select r.oid::regclass, 'it stands in the schema app, not in the one that is migrated', 'Leave the schema out of its name.'
    from hestia.relations('app') r
    where place <> 'app' and r.relkind in ('r', 'p') and not r.relforcerowsecurity
  union all
  select r.oid::regclass, 'it stands in the schema shared', 'Create it in a migration of the folder shared/.'
    from hestia.relations('shared') r
    where place <> 'shared' and r.relkind in ('r', 'p') and hestia.grants_differ(r.oid, '{SELECT}')
$$;

-- What else in a schema, or in the database, would hand out more than rows.
create function hestia.loose_ends(place name) returns table (object text, reason text, cure text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select format('the schema %I', n.nspname), 'tenants may create objects in it', 'Grant nothing on it.'
    from pg_namespace n where n.nspname = place and has_schema_privilege({{app_literal}}::regrole, n.oid, 'create')
  union all
  select format('the extension %I', e.extname), 'it stands among the tenants'' tables, and the database can have it once only',
      format('Write "create extension if not exists %I schema extensions".', e.extname)
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where n.nspname = place
  union all
  select 'default privileges', 'they would grant what is created later', 'Leave ALTER DEFAULT PRIVILEGES out: the runner grants what tenants need.'
    where exists (select from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
        where d.defaclrole in ({{owner_literal}}::regrole, {{system_literal}}::regrole) and a.grantee in (0, {{app_literal}}::regrole))
      or exists (select from pg_roles r cross join unnest('{f,T}'::"char"[]) t
        where (r.oid = {{owner_literal}}::regrole or (r.oid = {{system_literal}}::regrole and r.rolbypassrls))
          and not exists (select from pg_default_acl d where d.defaclrole = r.oid and d.defaclnamespace = 0 and d.defaclobjtype = t))
$$;
