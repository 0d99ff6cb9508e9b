-- What the runner does after every migration: isolates or shares what is new or was loosened, and looks again.

-- Rights on what is no table. Sequences and materialised views are never granted: they tell of other tenants.
create function hestia.settle_relation(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare kind "char" := (select relkind from pg_class where oid = target);
begin
  if kind = 'v' then
    execute format('alter view %s set (security_invoker = true)', target);
    perform hestia.grant_rows(target);
  elsif hestia.grants_differ(target, '{}') then
    execute format('revoke all on %s from public, %s', target, {{app_literal}});
  end if;
end $$;

-- Functions are granted, but never those with their owner's rights. Trigger functions need no grant to be fired.
create function hestia.settle_routines(place name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r record;
begin
  for r in
    select p.oid::regprocedure as name, p.prosecdef
    from pg_namespace n
    join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_proc'::regclass
    join pg_proc p on p.oid = d.objid
    where n.nspname = place and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
      and has_function_privilege({{app_literal}}::regrole, p.oid, 'execute') = p.prosecdef
  loop
    if r.prosecdef then execute format('revoke all on routine %s from public, %s', r.name, {{app_literal}});
    else execute format('grant execute on routine %s to %s', r.name, {{app_literal}});
    end if;
  end loop;
end $$;

-- Raises HT101 for the first fault of the relations.
create function hestia.prove(place name, among oid[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f record;
begin
  for f in select x.relation,
      case when x.object = (select c.relname from pg_class c where c.oid = x.relation) then x.fault else format('%s (%s)', x.fault, x.object) end as reason
    from (select * from hestia.faults_of(place, among) union all select * from hestia.excesses_of(place, among)) x
  loop
    perform hestia.refuse(f.relation, f.reason, 'Undo what the migration did to it, or write it so that the tenant leads.');
  end loop;
end $$;

-- Raises HT101 for the first stray table, HT102 for anything else.
create function hestia.refuse_loose_ends(place name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f record;
begin
  for f in select * from hestia.strays(place) loop perform hestia.refuse(f.relation, f.reason, f.cure); end loop;
  for f in select * from hestia.loose_ends(place) loop
    raise exception '%: %', f.object, f.reason using errcode = 'HT102', detail = f.reason, hint = f.cure, table = f.object;
  end loop;
end $$;

-- Isolates what a migration made or loosened in a place; returns which tables. Raises when something is left.
create function hestia.settle(place name) returns regclass[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare tables regclass[]; others regclass[]; other regclass; isolated oid[];
begin
  perform set_config('hestia.unforced', '', true);
  select coalesce(array_agg(distinct x.relation) filter (where x.relkind in ('r', 'p', 'f')), '{}'),
      coalesce(array_agg(distinct x.relation) filter (where x.relkind not in ('r', 'p', 'f')), '{}')
    into tables, others
    from (select f.relation, (select c.relkind from pg_class c where c.oid = f.relation) as relkind
      from (select * from hestia.faults(place) union all select * from hestia.excesses(place)) f) x;
  foreach other in array tables loop perform hestia.check_policies(other); end loop;
  isolated := hestia.isolate_tables(tables);
  -- Isolating tables may have taken a serial column's sequence away.
  foreach other in array others loop
    if exists (select from pg_class where oid = other) then perform hestia.settle_relation(other); end if;
  end loop;
  perform hestia.settle_routines(place);
  if cardinality(tables || others) > 0 then perform hestia.prove(place, isolated || others::oid[]); end if;
  perform hestia.refuse_loose_ends(place);
  return tables;
end $$;

-- Why a relation cannot be shared: no rows when it can.
create function hestia.unshareable(target regclass) returns table (reason text, cure text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select 'it stands among the tenants'' tables', 'Create it in a migration of the folder shared/.'
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = target and n.nspname <> 'shared'
  union all
  select case c.relkind when 'm' then 'it is a materialised view, which keeps rows that no policy guards' else 'it is not a table' end,
      case c.relkind when 'm' then 'Use a view, or a table that migrations fill.' else 'Copy its rows into a plain table.' end
    from pg_class c where c.oid = target and c.relkind not in ('r', 'p', 'v')
  union all
  select format('foreign key %I refers to %s, a table of tenants', k.conname, hestia.shown(k.confrelid)),
      'Drop the reference: nothing shared may point at a tenant''s rows.'
    from pg_constraint k join pg_class f on f.oid = k.confrelid join pg_namespace n on n.oid = f.relnamespace
    where k.conrelid = target and k.contype = 'f' and n.nspname <> 'shared'
  union all
  select 'it inherits from, or is a partition of, a table elsewhere', 'Keep the whole of it in the schema shared.'
    from pg_inherits h join pg_class p on p.oid = h.inhparent join pg_namespace n on n.oid = p.relnamespace
    where h.inhrelid = target and n.nspname <> 'shared'
$$;

-- For migrations: makes a table or a view one that every tenant reads and none may write. Raises HT103 when it cannot.
create function hestia.share(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f record;
begin
  for f in select * from hestia.unshareable(target) loop
    raise exception 'table % cannot be shared: %', hestia.shown(target), f.reason
      using errcode = 'HT103', detail = f.reason, hint = f.cure, table = hestia.shown(target);
  end loop;
  if (select relkind from pg_class where oid = target) = 'v' then
    execute format('alter view %s set (security_invoker = true)', target);
  end if;
  if hestia.grants_differ(target, '{SELECT}') then
    execute format('revoke all on %s from public, %s', target, {{app_literal}});
    execute format('grant select on %s to %s', target, {{app_literal}});
  end if;
end $$;

-- Shares every table and view of the schema shared, and lets tenants call its functions.
create function hestia.settle_shared() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r record;
begin
  for r in select x.oid::regclass as name, x.relkind from hestia.relations('shared') x loop
    if r.relkind = 'S' then perform hestia.settle_relation(r.name);
    elsif r.relkind in ('r', 'p', 'v', 'm', 'f') then perform hestia.share(r.name);
    end if;
  end loop;
  perform hestia.settle_routines('shared');
  perform hestia.refuse_loose_ends('shared');
end $$;

revoke all on all functions in schema hestia from public;
