-- Partitions made ahead of the tenants that will have them. A partition has its tenant's id in its names, its policies, its
-- checks and its rows, so the id is made with it and goes to the tenant that claims it: nothing is renamed afterwards.

create table platform.warm_partitions (
  id            uuid not null,
  cluster_id    uuid not null,
  isolation     text not null,
  state         text not null,
  mark          text,
  database_name text,
  schema_name   text,
  credentials   text,
  incarnation   text,
  holder        text,
  token         bigint,
  created_at    timestamptz(3) not null,
  made_at       timestamptz(3),
  constraint warm_partitions_pkey primary key (id),
  constraint warm_partitions_cluster_fkey foreign key (cluster_id) references platform.clusters (id),
  constraint warm_partitions_isolation_check check (isolation in ('schema', 'database')),
  constraint warm_partitions_state_check check (state in ('making', 'ready', 'stale', 'claimed')),
  constraint warm_partitions_made_check check (state not in ('ready', 'claimed') or mark is not null and made_at is not null)
);
comment on table platform.warm_partitions is 'A row is there before its partition and until that is a tenant''s own or gone, so that nothing is left behind unseen.';
comment on column platform.warm_partitions.id is 'The id of the tenant that will have it.';
comment on column platform.warm_partitions.state is 'Stale: it lacks a stored migration, or is not wanted any more; it is never handed out.';
comment on column platform.warm_partitions.mark is 'The stored migrations that it has, as platform.stored_mark() told them.';
comment on column platform.warm_partitions.credentials is 'Sealed: the login of the database tenant.';
comment on column platform.warm_partitions.holder is 'The server that works on it; when its lease is gone another goes on.';
comment on column platform.warm_partitions.token is 'The fence of who works on it, or did last.';
create index warm_partitions_ready on platform.warm_partitions (cluster_id, isolation, id) where state = 'ready';

-- All stored migrations in short: another one, or another text, is another mark.
create function platform.stored_mark() returns text language sql stable as $$
  select md5(coalesce(string_agg(set || '/' || name || ' ' || checksum, ',' order by set, name), '')) from platform.migrations
$$;

-- Operations that the server which began them runs at once, without the queue.
alter table platform.operations add column holder text;
comment on column platform.operations.holder is 'The server that runs it without the queue; when its lease is gone the queue gets it.';
create index operations_held on platform.operations (holder) where holder is not null and finished_at is null;

-- A tenant that claims a partition takes its id, and so does the request that made the tenant.
create index idempotency_keys_made on platform.idempotency_keys (made_id);

-- PostgreSQL lets transactions that notify commit one after the other, each with its own flush to disk. One that begins or
-- ends what nobody can be listening for says so, and does not wait.
create or replace function platform.announce_tenant() returns trigger language plpgsql as $$
begin
  if coalesce(pg_catalog.current_setting('hestia.quiet', true), '') <> 'on' then
    perform pg_catalog.pg_notify('hestia_directory', coalesce(new.id, old.id)::text);
  end if;
  return null;
end $$;
create or replace function platform.announce_operation() returns trigger language plpgsql as $$
begin
  if coalesce(pg_catalog.current_setting('hestia.quiet', true), '') <> 'on' then
    perform pg_catalog.pg_notify('hestia_operations', new.id::text);
  end if;
  return null;
end $$;
