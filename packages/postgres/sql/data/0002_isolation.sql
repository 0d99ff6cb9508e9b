-- Isolation: turns the author's plain tables into tables of tenants, and reference tables into shared ones.
-- What it cannot convert it refuses with the table, the reason and the cure, and nothing is changed.

-- The current schema is the partition being migrated: app, or a tenant's own.
-- Its tenant is pinned by a check where the partition belongs to one tenant alone.
create function hestia.pinned_tenant(place name) returns uuid
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare pinned uuid;
begin
  if place = 'app' and not exists (select from hestia.database d where d.kind = 'tenant') then return null; end if;
  select t.tenant_id into pinned from hestia.tenants t where t.place = pinned_tenant.place;
  return pinned;
end $$;

create function hestia.refuse(target regclass, reason text, cure text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'table % cannot be isolated: %', target, reason using errcode = 'HT101', hint = cure;
end $$;

-- A column list with the tenant in front, each name quoted.
create function hestia.tenant_first(relation oid, numbers smallint[]) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select 'tenant_id' || coalesce(string_agg(', ' || quote_ident(a.attname), '' order by n.position), '')
  from unnest(numbers) with ordinality n (number, position)
  join pg_attribute a on a.attrelid = relation and a.attnum = n.number
  where a.attname <> 'tenant_id'
$$;

-- A policy's expression as PostgreSQL prints it back.
create function hestia.rule(place name, writing boolean) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select format('(tenant_id = ( SELECT hestia.scope(%L::text, %s) AS scope))', place, case when writing then 'true' else 'false' end)
$$;

-- Everything in a schema that stands in the way of isolation: one row a fault, none when all is well.
create function hestia.faults(place name) returns table (relation regclass, object text, fault text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with tables as (
    select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity,
      (select a.attnum from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype
          and a.attnotnull and not a.attisdropped) as tenant
    from pg_class c
    where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = place)
      and c.relkind in ('r', 'p')
  )
  select t.oid::regclass, t.relname::text, 'no tenant_id uuid not null' from tables t where t.tenant is null
  union all
  select t.oid::regclass, t.relname::text, 'row security is not forced'
    from tables t where not (t.relrowsecurity and t.relforcerowsecurity)
  union all
  select t.oid::regclass, t.relname::text, 'its policies are not those of Hestia'
    from tables t
    where exists (
      select from (select p.* from pg_policy p where p.polrelid = t.oid) p
      full join (values ('hestia_select', 'r'), ('hestia_insert', 'a'), ('hestia_update', 'w'), ('hestia_delete', 'd')) w (name, command)
        on p.polname = w.name
      where p.polname is null or w.name is null or p.polcmd <> w.command::"char" or not p.polpermissive or p.polroles <> '{0}'
        or pg_get_expr(p.polqual, p.polrelid) is distinct from (case w.command when 'a' then null else hestia.rule(place, w.command <> 'r') end)
        or pg_get_expr(p.polwithcheck, p.polrelid) is distinct from (case when w.command in ('a', 'w') then hestia.rule(place, true) end))
  union all
  select t.oid::regclass, i.relname::text, 'the index does not lead with tenant_id'
    from tables t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
    where t.tenant is not null and x.indkey[0] <> t.tenant
  union all
  select t.oid::regclass, k.conname::text, 'the foreign key does not carry tenant_id'
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0
    join tables r on r.oid = k.confrelid
    where not (t.tenant = any (k.conkey) and r.tenant = k.confkey[array_position(k.conkey, t.tenant)])
  union all
  select t.oid::regclass, k.conname::text, 'the foreign key would empty tenant_id'
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
    where k.confdeltype in ('n', 'd') and t.tenant = any (k.conkey)
      and (k.confdelsetcols is null or t.tenant = any (k.confdelsetcols))
  union all
  select t.oid::regclass, t.relname::text, 'no check pins the tenant of this place'
    from tables t
    where hestia.pinned_tenant(place) is not null
      and not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'c'
        and k.conname = 'hestia_tenant_check')
  union all
  select c.oid::regclass, c.relname::text, 'the view does not run with its caller''s rights'
    from pg_class c
    where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = place) and c.relkind = 'v'
      and not coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions), false)
$$;

-- Drops, and describes for later, every foreign key within the schema that lacks the tenant.
create function hestia.lift_foreign_keys(tables oid[]) returns text[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  k record; statements text[] := '{}'; source text[]; target text[]; actions text; set_columns text;
begin
  for k in
    select c.*, format('%I.%I', n.nspname, r.relname) as owner_table, fn.nspname as target_schema, f.relname as target_table
    from pg_constraint c
    join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
    join pg_class f on f.oid = c.confrelid join pg_namespace fn on fn.oid = f.relnamespace
    where c.contype = 'f' and c.conparentid = 0 and c.confrelid = any (tables)
  loop
    if not k.conrelid = any (tables) then
      perform hestia.refuse(k.conrelid::regclass, format('foreign key %I from outside the tenants'' tables refers to %I', k.conname, k.target_table),
        'Drop the reference: nothing outside a tenant may point at a tenant''s rows.');
    end if;
    source := array(select a.attname::text from unnest(k.conkey) with ordinality u (n, o)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.o);
    target := array(select a.attname::text from unnest(k.confkey) with ordinality u (n, o)
      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.o);
    if 'tenant_id' = any (source) and target[array_position(source, 'tenant_id')] = 'tenant_id' then
      if k.confdeltype in ('n', 'd') and k.confdelsetcols is null then
        perform hestia.refuse(k.conrelid::regclass,
          format('foreign key %I would empty tenant_id when its target is deleted', k.conname),
          format('Name the columns: on delete set null (%s).', array_to_string(array_remove(source, 'tenant_id'), ', ')));
      end if;
      continue;
    end if;
    if 'tenant_id' = any (source) or 'tenant_id' = any (target) then
      perform hestia.refuse(k.conrelid::regclass, format('foreign key %I pairs tenant_id with another column', k.conname),
        'Pair tenant_id with tenant_id, or leave it out: it is added.');
    end if;
    if k.confmatchtype = 'f' and array_length(source, 1) > 1 then
      perform hestia.refuse(k.conrelid::regclass, format('foreign key %I is MATCH FULL', k.conname),
        'Use the default MATCH SIMPLE: with tenant_id in the key a null column could never be stored.');
    end if;
    set_columns := (select string_agg(quote_ident(s), ', ') from unnest(source) s);
    actions := case k.confupdtype when 'c' then ' on update cascade' when 'r' then ' on update restrict' else '' end
      || case k.confdeltype when 'c' then ' on delete cascade' when 'r' then ' on delete restrict'
         when 'n' then format(' on delete set null (%s)', set_columns)
         when 'd' then format(' on delete set default (%s)', set_columns) else '' end
      || case when k.condeferrable then ' deferrable' else '' end
      || case when k.condeferred then ' initially deferred' else '' end;
    if k.confupdtype in ('n', 'd') then
      perform hestia.refuse(k.conrelid::regclass, format('foreign key %I sets columns on update', k.conname),
        'Use on update cascade or no action.');
    end if;
    execute format('alter table %s drop constraint %I', k.owner_table, k.conname);
    statements := statements || format('alter table %s add constraint %I foreign key (tenant_id, %s) references %I.%I (tenant_id, %s)%s',
      k.owner_table, k.conname, set_columns, k.target_schema, k.target_table,
      (select string_agg(quote_ident(t), ', ') from unnest(target) t), actions);
  end loop;
  return statements;
end $$;

-- The tenant's column: added, or brought to the one shape that policies and keys rest on.
create function hestia.isolate_column(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare found_column record; s record; expression constant text := 'nullif(pg_catalog.current_setting(''hestia.tenant'', true), '''')::uuid';
begin
  select a.atttypid, a.attgenerated into found_column from pg_attribute a
    where a.attrelid = target and a.attname = 'tenant_id' and not a.attisdropped;
  if not found then
    begin
      execute format('alter table %s add column tenant_id uuid not null default %s', target, expression);
    exception when not_null_violation then
      perform hestia.refuse(target, 'it has rows that belong to no tenant',
        'Empty it first, or isolate it in the migration that creates it.');
    end;
  elsif found_column.atttypid <> 'uuid'::regtype or found_column.attgenerated <> '' then
    perform hestia.refuse(target, 'its column tenant_id is not a plain uuid', 'Rename that column, or leave it out: it is added.');
  else
    execute format('alter table %s alter tenant_id set default %s, alter tenant_id set not null', target, expression);
  end if;
  -- A serial column needs a grant on its sequence, which would show one tenant another's pace.
  for s in
    select a.attname, pg_get_serial_sequence(target::text, quote_ident(a.attname)) as sequence
    from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = target and a.attidentity = '' and pg_get_expr(d.adbin, d.adrelid) like 'nextval(%'
  loop
    if s.sequence is null then
      perform hestia.refuse(target, format('column %I takes its default from a sequence that it does not own', s.attname),
        'Use generated always as identity, or a uuid.');
    end if;
    execute format('alter table %s alter %I drop default', target, s.attname);
    execute format('drop sequence %s', s.sequence);
    execute format('alter table %s alter %I add generated by default as identity', target, s.attname);
    execute format('select setval(pg_get_serial_sequence(%L, %L), coalesce(max(%I), 0) + 1, false) from %s',
      target::text, quote_ident(s.attname), s.attname, target);
  end loop;
end $$;

-- Primary, unique and exclusion constraints: the tenant leads, or the table is refused.
create function hestia.isolate_constraints(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare k record; tenant smallint; include text;
begin
  select a.attnum into tenant from pg_attribute a where a.attrelid = target and a.attname = 'tenant_id';
  for k in
    select c.conname, c.contype, c.conkey, c.condeferrable, c.condeferred, x.indnullsnotdistinct, x.indnkeyatts,
      x.indkey::smallint[] as indkey, c.conindid
    from pg_constraint c join pg_index x on x.indexrelid = c.conindid
    where c.conrelid = target and c.contype in ('p', 'u', 'x') and c.conparentid = 0
  loop
    if k.contype = 'x' then
      if not tenant = any (k.conkey) then
        perform hestia.refuse(target, format('exclusion constraint %I does not compare tenant_id', k.conname),
          'Begin it with "tenant_id with =" (extension btree_gist), so that one tenant''s rows never exclude another''s.');
      elsif k.indkey[0] <> tenant then
        perform hestia.refuse(target, format('exclusion constraint %I does not lead with tenant_id', k.conname),
          'Put "tenant_id with =" first.');
      end if;
    elsif k.conkey[1] <> tenant then
      include := (select string_agg(quote_ident(a.attname), ', ') from unnest(k.indkey) with ordinality u (n, o)
        join pg_attribute a on a.attrelid = target and a.attnum = u.n where u.o > k.indnkeyatts);
      execute format('alter table %s drop constraint %I', target, k.conname);
      execute format('alter table %s add constraint %I %s (%s)%s%s%s', target, k.conname,
        case when k.contype = 'p' then 'primary key' when k.indnullsnotdistinct then 'unique nulls not distinct' else 'unique' end,
        hestia.tenant_first(target, k.conkey),
        case when include is null then '' else format(' include (%s)', include) end,
        case when k.condeferrable then ' deferrable' else '' end,
        case when k.condeferred then ' initially deferred' else '' end);
    end if;
  end loop;
end $$;

-- Plain indexes: made again with the tenant in front, under their own names.
create function hestia.isolate_indexes(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare x record; tenant smallint; definition text;
begin
  select a.attnum into tenant from pg_attribute a where a.attrelid = target and a.attname = 'tenant_id';
  for x in
    select i.relname, n.nspname, m.amname, g.indexrelid
    from pg_index g join pg_class i on i.oid = g.indexrelid join pg_namespace n on n.oid = i.relnamespace
    join pg_am m on m.oid = i.relam
    where g.indrelid = target and g.indkey[0] <> tenant
      and not exists (select from pg_constraint k where k.conindid = g.indexrelid and k.contype in ('p', 'u', 'x'))
      and not exists (select from pg_inherits h where h.inhrelid = g.indexrelid)
  loop
    if not exists (select from pg_opclass o join pg_am m on m.oid = o.opcmethod
        where m.amname = x.amname and o.opcintype = 'uuid'::regtype and o.opcdefault) or x.amname in ('hash', 'spgist') then
      perform hestia.refuse(target, format('index %I is of the kind %s, which cannot lead with tenant_id here', x.relname, x.amname),
        case x.amname when 'gin' then 'Ask the database''s owner to: create extension btree_gin.'
          when 'gist' then 'Ask the database''s owner to: create extension btree_gist.'
          else 'Use a btree index.' end);
    end if;
    -- "... USING btree (" is followed by the author's columns: the tenant goes in front of them.
    definition := pg_get_indexdef(x.indexrelid);
    definition := regexp_replace(definition, ' USING ' || x.amname || ' \(', ' USING ' || x.amname || ' (tenant_id, ');
    execute format('drop index %I.%I', x.nspname, x.relname);
    execute definition;
  end loop;
end $$;

-- Row security, forced, with the place written into each policy; and the grants.
create function hestia.isolate_rows(target regclass, place name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare p record; pinned uuid := hestia.pinned_tenant(place); reading text; writing text;
begin
  for p in select polname from pg_policy where polrelid = target loop
    execute format('drop policy %I on %s', p.polname, target);
  end loop;
  reading := format('tenant_id = (select hestia.scope(%L, false))', place);
  writing := format('tenant_id = (select hestia.scope(%L, true))', place);
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy hestia_select on %s for select using (%s)', target, reading);
  execute format('create policy hestia_insert on %s for insert with check (%s)', target, writing);
  execute format('create policy hestia_update on %s for update using (%s) with check (%s)', target, writing, writing);
  execute format('create policy hestia_delete on %s for delete using (%s)', target, writing);
  execute format('alter table %s drop constraint if exists hestia_tenant_check', target);
  if pinned is not null then
    execute format('alter table %s add constraint hestia_tenant_check check (tenant_id = %L)', target, pinned);
  end if;
  execute format('revoke all on %s from public', target);
  execute format('grant select, insert, update, delete on %s to %s', target, {{app_literal}});
end $$;

-- Isolates the named tables and those that foreign keys bind to them, all in one.
create function hestia.isolate_tables(named regclass[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare place name; family oid[]; t oid; statements text[]; statement text; kind "char";
begin
  if cardinality(named) = 0 then return; end if;
  select n.nspname into place from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = named[1];
  -- The family: the named tables, and whatever foreign keys join to them within the schema.
  with recursive joined (id) as (
    select unnest(named)::oid
    union
    select case when k.conrelid = j.id then k.confrelid else k.conrelid end
    from joined j join pg_constraint k on k.contype = 'f' and (k.conrelid = j.id or k.confrelid = j.id)
    join pg_class o on o.oid = case when k.conrelid = j.id then k.confrelid else k.conrelid end
    where o.relnamespace = (select relnamespace from pg_class where oid = named[1])
  )
  select array_agg(id) into family from joined;
  foreach t in array family loop
    select relkind into kind from pg_class where oid = t;
    if kind not in ('r', 'p') then
      perform hestia.refuse(t::regclass, 'it is not an ordinary table', 'Isolate the tables below it; views need nothing.');
    end if;
    if exists (select from pg_inherits h join pg_class c on c.oid = h.inhrelid where h.inhrelid = t and not c.relispartition) then
      perform hestia.refuse(t::regclass, 'it inherits from another table', 'Use partitions, or plain tables.');
    end if;
    if exists (select from pg_rewrite r where r.ev_class = t) then
      perform hestia.refuse(t::regclass, 'it has rules', 'Use triggers: rules run with other rights than their caller''s.');
    end if;
  end loop;
  -- Without force the owner sees every row for as long as this transaction locks the tables.
  foreach t in array family loop execute format('alter table %s no force row level security', t::regclass); end loop;
  statements := hestia.lift_foreign_keys(family);
  foreach t in array family loop
    if not (select relispartition from pg_class where oid = t) then
      perform hestia.isolate_column(t::regclass);
      perform hestia.isolate_constraints(t::regclass);
    end if;
  end loop;
  foreach t in array family loop
    if not (select relispartition from pg_class where oid = t) then perform hestia.isolate_indexes(t::regclass); end if;
  end loop;
  foreach statement in array statements loop execute statement; end loop;
  foreach t in array family loop perform hestia.isolate_rows(t::regclass, place); end loop;
end $$;

-- For migrations: makes a table a table of tenants. Called or not, the runner does it for every new table.
create function hestia.isolate(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform hestia.isolate_tables(array[target]);
end $$;

-- For migrations: makes a table one that every tenant reads and none may write.
create function hestia.share(target regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare k record; kind "char";
begin
  select relkind into kind from pg_class where oid = target;
  if kind not in ('r', 'p') then
    raise exception '% cannot be shared: it is not a table', target using errcode = 'HT101', hint = 'Share the tables below it.';
  end if;
  if (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = target) <> 'shared' then
    raise exception '% cannot be shared: it stands among the tenants'' tables', target
      using errcode = 'HT101', hint = 'Create it in a migration of the folder shared/.';
  end if;
  for k in
    select c.conname, c.confrelid::regclass as other from pg_constraint c
    join pg_class f on f.oid = c.confrelid join pg_namespace n on n.oid = f.relnamespace
    where c.conrelid = target and c.contype = 'f' and n.nspname <> 'shared'
  loop
    raise exception '% cannot be shared: foreign key % refers to %, a table of tenants', target, k.conname, k.other
      using errcode = 'HT101', hint = 'Drop the reference: nothing shared may point at a tenant''s rows.';
  end loop;
  execute format('revoke all on %s from public', target);
  execute format('grant select on %s to %s', target, {{app_literal}});
end $$;

-- After every migration: isolates what is new or was loosened in a partition, then looks again.
-- Returns what was isolated; raises when a fault is left.
create function hestia.settle(place name) returns regclass[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare loosened regclass[]; v record; f record;
begin
  select coalesce(array_agg(distinct x.relation), '{}') into loosened
    from hestia.faults(place) x join pg_class c on c.oid = x.relation where c.relkind in ('r', 'p');
  perform hestia.isolate_tables(loosened);
  for v in select c.oid::regclass as name from pg_class c
    where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = place) and c.relkind = 'v'
  loop
    execute format('alter view %s set (security_invoker = true)', v.name);
    execute format('grant select, insert, update, delete on %s to %s', v.name, {{app_literal}});
  end loop;
  -- Functions with their owner's rights are never granted by themselves.
  for v in select p.oid::regprocedure as name from pg_proc p
    where p.pronamespace = (select n.oid from pg_namespace n where n.nspname = place) and not p.prosecdef and p.prokind in ('f', 'p')
  loop
    execute format('grant execute on routine %s to %s', v.name, {{app_literal}});
  end loop;
  for f in select * from hestia.faults(place) loop
    raise exception 'table % is not isolated: % (%)', f.relation, f.fault, f.object using errcode = 'HT101',
      hint = 'Undo what the migration did to it, or write it so that the tenant leads.';
  end loop;
  return loosened;
end $$;

-- Shares every table of the schema shared; returns their names.
create function hestia.settle_shared() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare t record;
begin
  for t in select c.oid::regclass as name from pg_class c
    where c.relnamespace = 'shared'::regnamespace and c.relkind in ('r', 'p') loop
    perform hestia.share(t.name);
  end loop;
end $$;

revoke all on function hestia.pinned_tenant(name), hestia.refuse(regclass, text, text), hestia.rule(name, boolean), hestia.tenant_first(oid, smallint[]),
  hestia.faults(name), hestia.lift_foreign_keys(oid[]), hestia.isolate_column(regclass), hestia.isolate_constraints(regclass),
  hestia.isolate_indexes(regclass), hestia.isolate_rows(regclass, name), hestia.isolate_tables(regclass[]),
  hestia.isolate(regclass), hestia.share(regclass), hestia.settle(name), hestia.settle_shared() from public;
