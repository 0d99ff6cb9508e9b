-- The fleet's ledger: what every target is known to have, and where one failed. Each target's own ledger is the truth;
-- with this one a single query says what is to do for thousands of targets, and it is brought back where the two differ.

drop table platform.migration_targets;

create table platform.migration_ledger (
  target      text collate "C" not null,
  set         text not null,
  name        text collate "C" not null,
  checksum    text not null,
  applied_at  timestamptz(3),
  duration_ms double precision,
  incarnation text,
  error       text,
  line        integer,
  blocks      boolean not null default false,
  failed_at   timestamptz(3),
  constraint migration_ledger_pkey primary key (target, set, name),
  constraint migration_ledger_set_check check (set in ('tenant', 'shared')),
  constraint migration_ledger_end_check check ((applied_at is null) = (error is not null) and (error is null) = (failed_at is null))
) with (fillfactor = 80);
comment on column platform.migration_ledger.target is 'A tenant''s id, or cluster/<name>/app and cluster/<name>/shared for what a cluster''s tenants have in common.';
comment on column platform.migration_ledger.incarnation is 'Which database it was, where a tenant has its own: one that was restored is another.';
comment on column platform.migration_ledger.blocks is 'Whether the target gets nothing further until somebody retries or the file is corrected.';
create index migration_ledger_failed on platform.migration_ledger (target) where error is not null;

-- For code that serves the old and the new version at once: how far a tenant's tables are.
create or replace view platform.directory as
  select t.id, t.slug, t.name, t.status, t.isolation, c.name as cluster,
    coalesce(t.database_name, c.data_database) as database, coalesce(t.schema_name, 'app') as place,
    t.credentials, case when t.domain_verified_at is not null then t.domain end as domain, t.version,
    (select l.name from platform.migration_ledger l
      where l.target = case t.isolation when 'shared' then 'cluster/' || c.name || '/app' else t.id::text end
        and l.set = 'tenant' and l.applied_at is not null
      order by l.name desc limit 1) as schema_version
  from platform.tenants t join platform.clusters c on c.id = t.cluster_id;

alter table platform.operation_steps add column share real;
comment on column platform.operation_steps.share is 'How much of the step is done while it runs, from 0 to 1.';
