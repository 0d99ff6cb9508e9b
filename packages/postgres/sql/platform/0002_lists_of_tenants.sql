-- What lists of tenants need: times as exact as their cursors, and an index for every order and filter.

-- JavaScript's clock has milliseconds; a finer time would make a cursor stand before its own row.
alter table platform.tenants
  alter column created_at type timestamptz(3),
  alter column updated_at type timestamptz(3),
  add column search text not null generated always as
    (lower(slug || chr(10) || name || chr(10) || coalesce(domain, ''))) stored;
comment on column platform.tenants.search is 'What a search text is looked for in; the line feed keeps a text from spanning two members.';

create index tenants_status on platform.tenants (status, created_at, id);
create index tenants_plan on platform.tenants (plan_id, created_at, id);
create index tenants_isolation on platform.tenants (isolation, created_at, id);

-- Any part of a name can be searched for; without the extension a search reads the whole table.
do $$
begin
  create extension if not exists pg_trgm;
  create index tenants_search on platform.tenants using gin (search gin_trgm_ops);
exception when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
  raise notice 'pg_trgm is not to be had here: searching tenants is slower';
end $$;
