-- Isolation: turns the author's plain tables into tables of tenants.
-- What it cannot convert it refuses with the table, the reason and the cure, and nothing is changed.
-- Every step looks first and changes only what is wrong, so that tables which are in order are not locked.
-- Keys and indexes that are made again keep name, definition and comment; CLUSTER mark, replica identity, statistics
-- targets, tablespace and the names of the indexes on partitions are not carried over.

-- Whose schema it is, where a partition belongs to one tenant alone; a check pins every row to it.
create function hestia.pinned_tenant(place name) returns uuid
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare pinned uuid;
begin
  if place = 'app' and not exists (select from hestia.database d where d.kind = 'tenant') then return null; end if;
  select t.tenant_id into pinned from hestia.tenants t where t.place = pinned_tenant.place;
  return pinned;
end $$;

-- Whether a schema holds tables of tenants.
create function hestia.is_place(name name) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as
$$ select name = 'app' or name ~ '^t_[0-9a-f]{32}$' $$;

-- What stands in a schema. Asked through pg_depend, which has an index for it: thousands of schemas cost nothing.
create function hestia.relations(place name) returns setof pg_class
language sql stable set search_path = pg_catalog, pg_temp as $$
  select c.* from pg_namespace n
  join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_class'::regclass
  join pg_class c on c.oid = d.objid
  where n.nspname = place
$$;

-- A relation as its author wrote it: without the schema that the runner chose.
create function hestia.shown(relation oid) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case when hestia.is_place(n.nspname) then quote_ident(c.relname) else format('%I.%I', n.nspname, c.relname) end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation
$$;

-- Raises HT101: the table is in the field `table`, the reason in `detail`, the cure in `hint`.
create function hestia.refuse(target regclass, reason text, cure text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'table % cannot be isolated: %', hestia.shown(target), reason
    using errcode = 'HT101', detail = reason, hint = cure, table = hestia.shown(target);
end $$;

-- What follows is written as PostgreSQL prints it back, so that one text makes a thing and proves it.

-- The tenant's column fills itself from the scope; a policy's check refuses any other tenant.
create function hestia.tenant_default() returns text
language sql immutable set search_path = pg_catalog, pg_temp as
$$ select '(NULLIF(current_setting(''hestia.tenant''::text, true), ''''::text))::uuid' $$;

-- What a policy asks.
create function hestia.rule(place name) returns text
language sql immutable set search_path = pg_catalog, pg_temp as
$$ select format('(tenant_id = ( SELECT hestia.scope(%L::text) AS scope))', place) $$;

-- Whether a policy is the one that every table has, for all commands and roles.
create function hestia.is_sound(policy pg_policy, place name) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select policy.polname = 'hestia_tenant' and policy.polcmd = '*' and policy.polpermissive and policy.polroles = '{0}'
    and pg_get_expr(policy.polqual, policy.polrelid) = hestia.rule(place) and policy.polwithcheck is null
$$;

-- What pins the rows of a place to its tenant; null where a place has many.
create function hestia.pin(tenant uuid) returns text
language sql immutable strict set search_path = pg_catalog, pg_temp as
$$ select format('(tenant_id = %L::uuid)', tenant) $$;

-- Refuses policies of the author's own: they would be dropped, and with them what they protect.
create function hestia.check_policies(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare policy name;
begin
  select p.polname into policy from pg_policy p
    where p.polrelid = target and p.polname <> 'hestia_tenant';
  if found then
    perform hestia.refuse(target, format('it has a policy of its own, %I, which could let other tenants'' rows through', policy),
      'Drop it, and write what it asks for into a view or into the application''s statements.');
  end if;
end $$;

-- What a table must be, or not be, for the steps below to be sound.
create function hestia.check_convertible(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c record;
begin
  select t.relkind, t.relpersistence, n.nspname into c
    from pg_class t join pg_namespace n on n.oid = t.relnamespace where t.oid = target;
  if c.relpersistence = 't' then
    perform hestia.refuse(target, 'it is temporary', 'Make it a plain table, or leave it as it is with "on commit drop".');
  elsif not hestia.is_place(c.nspname) then
    perform hestia.refuse(target, format('it stands in the schema %I, which is not a tenant''s', c.nspname),
      'Leave the schema out of its name, or create it in a migration of the folder shared/ if every tenant shall read it.');
  elsif c.relkind = 'f' then
    perform hestia.refuse(target, 'it is a foreign table, whose rows no policy guards', 'Copy its rows into a plain table.');
  elsif c.relkind not in ('r', 'p') then
    perform hestia.refuse(target, 'it is not a table', 'Isolate the tables below it: views need nothing.');
  elsif exists (select from pg_inherits h join pg_class i on i.oid = h.inhrelid
      where (h.inhrelid = target or h.inhparent = target) and not i.relispartition) then
    perform hestia.refuse(target, 'it inherits, or is inherited from', 'Use partitions, or plain tables.');
  elsif exists (select from pg_rewrite r where r.ev_class = target) then
    perform hestia.refuse(target, 'it has rules, which run with other rights than their caller''s', 'Use triggers.');
  end if;
  if not exists (select from pg_policy p where p.polrelid = target and p.polname = 'hestia_tenant') then
    perform hestia.check_policies(target);
  end if;
end $$;

-- The tenant's column: added, or brought to the one shape that policies and keys rest on.
create function hestia.isolate_column(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare a record;
begin
  select t.atttypid, t.attgenerated, t.attnotnull, pg_get_expr(d.adbin, d.adrelid) as standard into a
    from pg_attribute t left join pg_attrdef d on d.adrelid = t.attrelid and d.adnum = t.attnum
    where t.attrelid = target and t.attname = 'tenant_id';
  if not found then
    execute format('alter table %s add column tenant_id uuid not null default %s', target, hestia.tenant_default());
  elsif a.atttypid <> 'uuid'::regtype or a.attgenerated <> '' then
    perform hestia.refuse(target, 'its column tenant_id is not a plain uuid', 'Rename that column, or leave it out: it is added.');
  elsif not a.attnotnull or a.standard is distinct from hestia.tenant_default() then
    execute format('alter table %s alter tenant_id set default %s, alter tenant_id set not null', target, hestia.tenant_default());
  end if;
exception when not_null_violation then
  perform hestia.refuse(target, 'it has rows that belong to no tenant',
    'Let the application write each tenant''s rows, or create the table in a migration of the folder shared/.');
end $$;

-- Columns that a sequence fills become identity columns over the same sequence: tenants may not touch a sequence.
create function hestia.isolate_sequences(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare s record; q pg_sequence; state record;
begin
  for s in
    select a.attname, c.oid, c.oid::regclass::text as sequence,
      a.attnotnull and a.atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
      and pg_get_expr(d.adbin, d.adrelid) = format('nextval(%L::regclass)', c.oid::regclass)
      and exists (select from pg_depend o where o.classid = 'pg_class'::regclass and o.objid = c.oid and o.deptype = 'a'
        and o.refclassid = 'pg_class'::regclass and o.refobjid = target and o.refobjsubid = a.attnum)
      and not exists (select from pg_depend o where o.refclassid = 'pg_class'::regclass and o.refobjid = c.oid
        and not exists (select from pg_attrdef e where o.classid = 'pg_attrdef'::regclass and e.oid = o.objid and e.adnum = d.adnum
          and (e.adrelid = target or e.adrelid in (select p.relid from pg_partition_tree(target) p)))) as own
    from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    join pg_depend u on u.classid = 'pg_attrdef'::regclass and u.objid = d.oid and u.refclassid = 'pg_class'::regclass
    join pg_class c on c.oid = u.refobjid and c.relkind = 'S'
    where d.adrelid = target
  loop
    if not s.own then
      perform hestia.refuse(target, format('column %I takes its default from the sequence %s, which tenants may not touch', s.attname, hestia.shown(s.oid)),
        'Write "bigint generated by default as identity", or use a uuid.');
    end if;
    select * into q from pg_sequence where seqrelid = s.oid;
    execute format('select last_value, is_called from %s', s.sequence) into state;
    execute format('alter table %s alter %I drop default', target, s.attname);
    execute format('drop sequence %s', s.sequence);
    execute format('alter table %s alter %I add generated by default as identity (sequence name %s start %s increment %s minvalue %s maxvalue %s cache %s %s)',
      target, s.attname, s.sequence, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, case when q.seqcycle then 'cycle' else 'no cycle' end);
    execute format('select setval(%L, %s, %L)', s.sequence, state.last_value, state.is_called);
  end loop;
end $$;

-- Columns by their numbers, quoted, without the tenant's; of a key over a period the last one is the period.
create function hestia.columns(relation oid, numbers smallint[], period boolean default false) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select string_agg(case when period and u.n = cardinality(numbers) then 'period ' else '' end || quote_ident(a.attname), ', ' order by u.n)
  from unnest(numbers) with ordinality u (number, n)
  join pg_attribute a on a.attrelid = relation and a.attnum = u.number
  where a.attname <> 'tenant_id'
$$;

-- A foreign key's definition with the tenant in front, on both sides.
create function hestia.led_foreign_key(key oid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare k pg_constraint; newer jsonb; period boolean; emptied text;
begin
  select * into k from pg_constraint where oid = key;
  if k.confmatchtype = 'f' and cardinality(k.conkey) > 1 then
    perform hestia.refuse(k.conrelid, format('foreign key %I is MATCH FULL', k.conname),
      'Use the default MATCH SIMPLE: with tenant_id in the key a null column could never be stored.');
  end if;
  -- PostgreSQL 18 has columns in this catalogue that 15 has not.
  newer := to_jsonb(k);
  period := coalesce((newer ->> 'conperiod')::boolean, false);
  emptied := hestia.columns(k.conrelid, coalesce(k.confdelsetcols, k.conkey));
  return format('foreign key (tenant_id, %s) references %s (tenant_id, %s)%s%s%s%s%s',
    hestia.columns(k.conrelid, k.conkey, period), k.confrelid::regclass, hestia.columns(k.confrelid, k.confkey, period),
    case k.confupdtype when 'c' then ' on update cascade' when 'r' then ' on update restrict' else '' end,
    case k.confdeltype when 'c' then ' on delete cascade' when 'r' then ' on delete restrict'
      when 'n' then format(' on delete set null (%s)', emptied) when 'd' then format(' on delete set default (%s)', emptied) else '' end,
    case when k.condeferrable then ' deferrable' else '' end,
    case when k.condeferred then ' initially deferred' else '' end,
    case when not coalesce((newer ->> 'conenforced')::boolean, true) then ' not enforced' when not k.convalidated then ' not valid' else '' end);
end $$;

-- The foreign keys of tables, and those that refer to them, with what decides about them.
create function hestia.foreign_keys(family oid[]) returns table (
  id oid, name name, source regclass, target regclass, within boolean, target_schema name, on_update "char", empties boolean, carries boolean, touches boolean, led boolean)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with keys (id) as (
    select k.oid from pg_constraint k where k.conrelid = any (family)
    union
    select d.objid from pg_depend d
    where d.classid = 'pg_constraint'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = any (family)
  )
  select k.oid, k.conname, k.conrelid::regclass, k.confrelid::regclass, s.relnamespace = t.relnamespace, n.nspname, k.confupdtype,
    k.confdeltype in ('n', 'd') and (k.confdelsetcols is null or st.attnum = any (k.confdelsetcols)),
    coalesce(k.confkey[array_position(k.conkey, st.attnum)] = tt.attnum, false),
    coalesce(st.attnum = any (k.conkey), false) or coalesce(tt.attnum = any (k.confkey), false),
    coalesce(x.indkey[0] = tt.attnum, false)
  from keys join pg_constraint k on k.oid = keys.id and k.contype = 'f' and k.conparentid = 0
  join pg_class s on s.oid = k.conrelid join pg_class t on t.oid = k.confrelid join pg_namespace n on n.oid = t.relnamespace
  left join pg_index x on x.indexrelid = k.conindid
  left join pg_attribute st on st.attrelid = k.conrelid and st.attname = 'tenant_id'
  left join pg_attribute tt on tt.attrelid = k.confrelid and tt.attname = 'tenant_id'
  order by s.relname, k.conname
$$;

-- Drops every foreign key that lacks the tenant, or rests on a key that will be made again, and returns the statements
-- that bring it back.
create function hestia.lift_foreign_keys(family oid[]) returns text[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare k record; statements text[] := '{}'; definition text; comment text;
begin
  for k in select * from hestia.foreign_keys(family) loop
    if k.target_schema = 'shared' and k.source = any (family) then continue; end if;
    if not k.within then
      perform hestia.refuse(k.source, format('foreign key %I refers to %s, in another schema', k.name, k.target),
        'Refer to tables of the same tenant or to shared ones, and to no tenant''s table from elsewhere.');
    elsif k.on_update in ('n', 'd') then
      perform hestia.refuse(k.source, format('foreign key %I would empty tenant_id when its target''s key changes', k.name),
        'Use "on update cascade", or leave it out.');
    elsif k.carries and k.empties then
      perform hestia.refuse(k.source, format('foreign key %I would empty tenant_id when its target is deleted', k.name),
        'Name the other columns, as in "on delete set null (customer_id)".');
    elsif k.touches and not k.carries then
      perform hestia.refuse(k.source, format('foreign key %I pairs tenant_id with another column', k.name),
        'Pair tenant_id with tenant_id, or leave it out: it is added.');
    elsif k.carries and k.led then
      continue;
    end if;
    definition := case when k.carries then pg_get_constraintdef(k.id) else hestia.led_foreign_key(k.id) end;
    comment := obj_description(k.id, 'pg_constraint');
    perform hestia.unforce(k.source), hestia.unforce(k.target);
    execute format('alter table %s drop constraint %I', k.source, k.name);
    statements := statements || format('alter table %s add constraint %I %s', k.source, k.name, definition);
    if comment is not null then
      statements := statements || format('comment on constraint %I on %s is %L', k.name, k.source, comment);
    end if;
  end loop;
  return statements;
end $$;

-- Refuses an access method that cannot hold the tenant in front of other columns.
create function hestia.check_method(target regclass, what text, method oid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare method_name name := (select m.amname from pg_am m where m.oid = method);
begin
  if not pg_indexam_has_property(method, 'can_multi_col') then
    perform hestia.refuse(target, format('%s uses %I, which takes one column only, and tenant_id must lead', what, method_name),
      'Use an index method that takes several columns, such as btree.');
  elsif not exists (select from pg_opclass o where o.opcmethod = method and o.opcintype = 'uuid'::regtype and o.opcdefault) then
    perform hestia.refuse(target, format('%s uses %I, which cannot hold a uuid here, and tenant_id must lead', what, method_name),
      case when method_name in ('gin', 'gist') then format('Ask the database''s administrator for "create extension btree_%s".', method_name)
        else 'Use another index method, such as btree.' end);
  end if;
end $$;

-- Primary, unique and exclusion constraints: made again with the tenant in front, under their own names.
create function hestia.isolate_constraints(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare k record; problem text;
begin
  for k in
    select c.oid, c.conname, c.contype, i.relam, a.attnum = any (c.conkey) as carries, n.nspname,
      obj_description(c.oid, 'pg_constraint') as comment, obj_description(i.oid, 'pg_class') as index_comment
    from pg_constraint c join pg_index x on x.indexrelid = c.conindid join pg_class i on i.oid = x.indexrelid
    join pg_namespace n on n.oid = i.relnamespace join pg_attribute a on a.attrelid = target and a.attname = 'tenant_id'
    where c.conrelid = target and c.contype in ('p', 'u', 'x') and c.conparentid = 0 and x.indkey[0] <> a.attnum
    order by c.conname
  loop
    if k.contype = 'x' and k.carries then
      perform hestia.refuse(target, format('exclusion constraint %I does not lead with tenant_id', k.conname),
        'Put "tenant_id with =" first, or leave it out: it is added.');
    end if;
    perform hestia.check_method(target, format('constraint %I', k.conname), k.relam);
    begin
      execute format('alter table %s drop constraint %I, add constraint %I %s', target, k.conname, k.conname, hestia.led_constraint(k.oid));
    exception when dependent_objects_still_exist then
      get stacked diagnostics problem = pg_exception_detail;
      perform hestia.refuse(target, format('its key %I must get tenant_id in front, but %s', k.conname, split_part(problem, E'\n', 1)),
        'Group that view by every column that it shows.');
    end;
    if k.comment is not null then execute format('comment on constraint %I on %s is %L', k.conname, target, k.comment); end if;
    if k.index_comment is not null then execute format('comment on index %I.%I is %L', k.nspname, k.conname, k.index_comment); end if;
  end loop;
end $$;

-- The definition of a key or an exclusion with the tenant in front.
create function hestia.led_constraint(key oid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare k pg_constraint; x pg_index; i pg_class; definition text; beginning text;
begin
  select * into k from pg_constraint where oid = key;
  select * into x from pg_index where indexrelid = k.conindid;
  select * into i from pg_class where oid = k.conindid;
  if k.contype = 'x' then
    definition := pg_get_constraintdef(key);
    beginning := format('EXCLUDE USING %I (', (select amname from pg_am where oid = i.relam));
    assert starts_with(definition, beginning), definition;
    return beginning || 'tenant_id with =, ' || substr(definition, length(beginning) + 1);
  end if;
  return format('%s (tenant_id, %s%s)%s%s%s%s',
    case when k.contype = 'p' then 'primary key' when x.indnullsnotdistinct then 'unique nulls not distinct' else 'unique' end,
    hestia.columns(k.conrelid, k.conkey), case when to_jsonb(k) @> '{"conperiod": true}' then ' without overlaps' else '' end,
    ' include (' || hestia.columns(k.conrelid, (x.indkey::smallint[])[x.indnkeyatts : x.indnatts - 1]) || ')',
    ' with (' || array_to_string(i.reloptions, ', ') || ')',
    case when k.condeferrable then ' deferrable' else '' end,
    case when k.condeferred then ' initially deferred' else '' end);
end $$;

-- Plain indexes: made again with the tenant in front, under their own names.
create function hestia.isolate_indexes(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare x record; beginning text;
begin
  for x in
    select i.relname, i.relkind, i.relam, n.nspname, r.relname as table_name, m.amname, a.attnum = any (g.indkey) as carries,
      case when g.indisunique then 'UNIQUE ' else '' end as sort, pg_get_indexdef(i.oid) as definition, obj_description(i.oid, 'pg_class') as comment
    from pg_index g join pg_class i on i.oid = g.indexrelid join pg_namespace n on n.oid = i.relnamespace
    join pg_am m on m.oid = i.relam join pg_class r on r.oid = g.indrelid
    join pg_attribute a on a.attrelid = target and a.attname = 'tenant_id'
    where g.indrelid = target and g.indkey[0] <> a.attnum and not i.relispartition
      and not exists (select from pg_constraint k where k.conrelid = target and k.conindid = g.indexrelid and k.contype in ('p', 'u', 'x'))
    order by i.relname
  loop
    if x.carries then
      perform hestia.refuse(target, format('index %I names tenant_id, but not first', x.relname), 'Put tenant_id first, or leave it out: it is added.');
    end if;
    perform hestia.check_method(target, format('index %I', x.relname), x.relam);
    -- A definition begins like this whatever its names and expressions hold; behind it come the author's columns.
    beginning := format('CREATE %sINDEX %I ON %s%I.%I USING %I (', x.sort, x.relname,
      case when x.relkind = 'I' then 'ONLY ' else '' end, x.nspname, x.table_name, x.amname);
    assert starts_with(x.definition, beginning), x.definition;
    execute format('drop index %I.%I', x.nspname, x.relname);
    execute format('CREATE %sINDEX %I ON %I.%I USING %I (tenant_id, %s', x.sort, x.relname, x.nspname, x.table_name, x.amname,
      substr(x.definition, length(beginning) + 1));
    if x.comment is not null then execute format('comment on index %I.%I is %L', x.nspname, x.relname, x.comment); end if;
  end loop;
end $$;

-- Row security, forced, with the place written into the policy; the pin; and the grants.
create function hestia.isolate_rows(target regclass, place name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p record; t pg_class;
begin
  select * into t from pg_class where oid = target;
  if not t.relrowsecurity then execute format('alter table %s enable row level security', target); end if;
  if not t.relforcerowsecurity and not hestia.is_unforced() then execute format('alter table %s force row level security', target); end if;
  for p in select f.polname as name from pg_policy f where f.polrelid = target and not hestia.is_sound(f, place) loop
    execute format('drop policy %I on %s', p.name, target);
  end loop;
  if not exists (select from pg_policy f where f.polrelid = target) then
    execute format('create policy hestia_tenant on %s using %s', target, hestia.rule(place));
  end if;
  -- A partition has the pin of its root.
  if not t.relispartition then perform hestia.pin_rows(target, hestia.pinned_tenant(place)); end if;
  perform hestia.grant_rows(target);
end $$;

create function hestia.pin_rows(target regclass, tenant uuid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare sound boolean;
begin
  select c.contype = 'c' and pg_get_expr(c.conbin, target) = hestia.pin(tenant) and c.convalidated and not to_jsonb(c) @> '{"conenforced": false}'
    into sound from pg_constraint c where c.conrelid = target and c.conname = 'hestia_tenant_check';
  if sound then return; end if;
  if found then execute format('alter table %s drop constraint hestia_tenant_check', target); end if;
  if tenant is not null then
    execute format('alter table %s add constraint hestia_tenant_check check %s', target, hestia.pin(tenant));
  end if;
end $$;

-- Whether PUBLIC holds anything on a relation, or the tenants' role anything but the named rights.
create function hestia.grants_differ(target oid, rights text[]) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare app constant oid := {{app_literal}}::regrole;
begin
  return coalesce((select array_agg(a.privilege_type order by a.privilege_type) <> rights or bool_or(a.grantee = 0 or a.is_grantable)
      from pg_class c cross join lateral aclexplode(c.relacl) a where c.oid = target and a.grantee in (0, app)), rights <> '{}')
    or exists (select from pg_attribute t cross join lateral aclexplode(t.attacl) a
      where t.attrelid = target and t.attacl is not null and a.grantee in (0, app));
end $$;

-- The tenants' role reads and writes the rows of a table or a view, and nobody else does anything.
create function hestia.grant_rows(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if hestia.grants_differ(target, '{DELETE,INSERT,SELECT,UPDATE}') then
    execute format('revoke all on %s from public, %s', target, {{app_literal}});
    execute format('grant select, insert, update, delete on %s to %s', target, {{app_literal}});
  end if;
end $$;

-- The named tables, the roots of the partitions among them, and whatever foreign keys without a tenant join to them.
create function hestia.family(named regclass[]) returns oid[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  with recursive joined (id) as (
    select n::oid from unnest(named) n
    union
    select case when m.relispartition then pg_partition_root(j.id)::oid when k.source = j.id then k.target else k.source end
    from joined j cross join lateral (select c.relispartition from pg_class c where c.oid = j.id offset 0) m
    left join lateral hestia.foreign_keys(array[j.id]) k on k.within and not k.touches
    where m.relispartition or k.id is not null
  )
  select array_agg(x.id order by x.relispartition, x.id)
    from (select j.id, (select c.relispartition from pg_class c where c.oid = j.id) as relispartition from joined j) x
$$;

-- Isolates the named tables, and those that must be with them, all in one; returns them all.
create function hestia.isolate_tables(named regclass[]) returns oid[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare members oid[]; place name; member regclass; statement text; statements text[];
begin
  if cardinality(named) = 0 then return '{}'; end if;
  members := hestia.family(named);
  select n.nspname into place from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = members[1];
  foreach member in array members loop perform hestia.check_convertible(member); end loop;
  statements := hestia.lift_foreign_keys(members);
  foreach member in array members loop
    if not (select c.relispartition from pg_class c where c.oid = member) then
      perform hestia.isolate_column(member), hestia.isolate_sequences(member);
    end if;
    perform hestia.isolate_constraints(member), hestia.isolate_indexes(member);
  end loop;
  foreach statement in array statements loop execute statement; end loop;
  foreach member in array members loop perform hestia.isolate_rows(member, place); end loop;
  perform hestia.force(place);
  return members;
end $$;

-- Whether the runner has lifted the force for the file that it applies; hestia.settle() ends that. It is read by what is
-- below alone, which only owners may call.
create function hestia.is_unforced() returns boolean
language sql stable set search_path = pg_catalog, pg_temp as
$$ select coalesce(current_setting('hestia.unforced', true), '') = 'on' $$;

-- Where no role passes row security, a foreign key can be proven only without force, while this transaction holds the
-- table locked; hestia.force() ends that.
create function hestia.unforce(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not (select r.rolbypassrls or r.rolsuper from pg_roles r where r.rolname = current_user)
      and (select c.relforcerowsecurity from pg_class c where c.oid = target) then
    execute format('alter table %s no force row level security', target);
  end if;
end $$;

create function hestia.force(place name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare target regclass;
begin
  if hestia.is_unforced() then return; end if;
  for target in select r.oid from hestia.relations(place) r
    where r.relkind in ('r', 'p') and r.relrowsecurity and not r.relforcerowsecurity
  loop
    execute format('alter table %s force row level security', target);
  end loop;
end $$;

-- For migrations: makes a table a table of tenants. Called or not, the runner does it for every new table.
-- For administrators: brings one that was loosened back to what it was.
create function hestia.isolate(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform hestia.isolate_tables(array[target]);
end $$;
