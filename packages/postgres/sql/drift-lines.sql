-- Every object of some schemas as one line: what it is, its name, and its definition as PostgreSQL prints it, without the
-- schema's and the tenant's own names. $1: the schemas; $2: the tenant of each.
with places as materialized (
  select n.oid, n.nspname::text as place, p.tenant, n.nspacl
  from unnest($1::text[], $2::text[]) p (place, tenant) join pg_namespace n on n.nspname = p.place
), relations as materialized (
  select c.oid, c.relname::text as name, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
    c.reloptions, c.relowner, c.relacl, c.relpartbound, c.relispartition, p.place, p.tenant
  from places p join pg_class c on c.relnamespace = p.oid where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
), raw (place, tenant, kind, name, definition) as (
  select place, tenant, 'grants', 'schema', array_to_string(array(select unnest(nspacl::text[]) order by 1), ' ') from places
  union all
  select place, tenant, case relkind when 'v' then 'view' when 'm' then 'materialised view' when 'S' then 'sequence' when 'f' then 'foreign table'
      when 'c' then 'type' else 'table' end, name,
    concat_ws(' ', relpersistence, case when relrowsecurity then 'row security' end, case when relforcerowsecurity then 'forced' end,
      case when relreplident <> 'd' then 'identity ' || relreplident::text end, array_to_string(array(select unnest(reloptions) order by 1), ' '),
      'owner ' || pg_get_userbyid(relowner), case relkind when 'p' then pg_get_partkeydef(oid) end,
      case when relispartition then pg_get_expr(relpartbound, oid) end, case when relkind in ('v', 'm') then pg_get_viewdef(oid) end)
  from relations
  union all
  select place, tenant, 'grants', name, array_to_string(array(select unnest(relacl::text[]) order by 1), ' ') from relations where relacl is not null
  union all
  select r.place, r.tenant, 'column', r.name || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
      case a.attgenerated when '' then 'default ' || pg_get_expr(d.adbin, d.adrelid) else 'generated ' || a.attgenerated::text || ' ' || pg_get_expr(d.adbin, d.adrelid) end,
      case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
      case when a.attcollation not in (0, 100, 950) then 'collate ' || (select collname from pg_collation where oid = a.attcollation) end,
      'grants ' || a.attacl::text)
  from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where r.relkind <> 'S'
  union all
  select r.place, r.tenant, 'sequence', r.name || ' values', concat_ws(' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
  from relations r join pg_sequence s on s.seqrelid = r.oid where r.relkind = 'S'
  union all
  select r.place, r.tenant, 'index', i.relname::text, concat_ws(' ', pg_get_indexdef(x.indexrelid), case when not x.indisvalid then 'invalid' end)
  from relations r join pg_index x on x.indrelid = r.oid join pg_class i on i.oid = x.indexrelid where r.relkind in ('r', 'p', 'm')
  union all
  select r.place, r.tenant, 'constraint', r.name || '.' || k.conname, pg_get_constraintdef(k.oid)
  from relations r join pg_constraint k on k.conrelid = r.oid and k.contype not in ('n', 't') where r.relkind in ('r', 'p', 'f')
  union all
  select r.place, r.tenant, 'policy', r.name || '.' || p.polname,
    concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid))
  from relations r join pg_policy p on p.polrelid = r.oid
  union all
  select r.place, r.tenant, 'trigger', r.name || '.' || g.tgname, concat_ws(' ', pg_get_triggerdef(g.oid), g.tgenabled)
  from relations r join pg_trigger g on g.tgrelid = r.oid and not g.tgisinternal
  union all
  select r.place, r.tenant, 'rule', r.name || '.' || w.rulename, pg_get_ruledef(w.oid)
  from relations r join pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
  union all
  select p.place, p.tenant, 'statistics', s.stxname::text, pg_get_statisticsobjdef(s.oid) from places p join pg_statistic_ext s on s.stxnamespace = p.oid
  union all
  select p.place, p.tenant, 'function', format('%s(%s)', f.proname, pg_get_function_identity_arguments(f.oid)),
    concat_ws(' ', f.prokind, pg_get_function_arguments(f.oid), 'returns ' || pg_get_function_result(f.oid), l.lanname, f.provolatile, f.proparallel,
      case when f.prosecdef then 'security definer' end, case when f.proisstrict then 'strict' end, case when f.proleakproof then 'leakproof' end,
      array_to_string(f.proconfig, ' '), 'owner ' || pg_get_userbyid(f.proowner), array_to_string(array(select unnest(f.proacl::text[]) order by 1), ' '),
      f.prosrc, case when f.prosqlbody is not null then pg_get_function_sqlbody(f.oid) end)
  from places p join pg_proc f on f.pronamespace = p.oid join pg_language l on l.oid = f.prolang
  union all
  select p.place, p.tenant, 'type', t.typname::text,
    concat_ws(' ', t.typtype, 'owner ' || pg_get_userbyid(t.typowner),
      case t.typtype when 'e' then (select string_agg(quote_literal(e.enumlabel), ' ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
        when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end, t.typdefault,
          (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k where k.contypid = t.oid)) end)
  from places p join pg_type t on t.typnamespace = p.oid and t.typtype in ('e', 'd', 'r', 'b') and t.typcategory <> 'A'
), lines as (
  select place, kind, name,
    case when position('app' in definition) = 0 then definition
      else regexp_replace(replace(definition, 'hestia.scope(''app''', 'hestia.scope(''here'''), '\mapp\.', '', 'g') end as definition
  from (select place, kind, name, replace(replace(replace(definition, place || '.', ''), quote_literal(place), '''here'''), tenant, 'tenant') as definition from raw) named
)
