-- The application's own migrations, as new partitions get them, and what came of bringing partitions up to them.
-- The truth of what a partition has is the partition's own ledger; this is the fleet's overview.

create table platform.migrations (
  set       text not null,
  name      text collate "C" not null,
  sql       text not null,
  checksum  text not null,
  stored_at timestamptz(3) not null,
  constraint migrations_pkey primary key (set, name),
  constraint migrations_set_check check (set in ('tenant', 'shared'))
);
comment on column platform.migrations.name is 'Files apply in the order of their names, byte by byte.';

create table platform.migration_targets (
  target      text not null,
  tenant_id   uuid,
  applied     integer not null,
  failed_file text,
  message     text,
  updated_at  timestamptz(3) not null,
  constraint migration_targets_pkey primary key (target),
  constraint migration_targets_tenant_fkey foreign key (tenant_id) references platform.tenants (id)
);
comment on table platform.migration_targets is 'A target is a partition (its tenant''s slug never; its id) or the shared set of a cluster.';
create index migration_targets_tenant on platform.migration_targets (tenant_id);
create index migration_targets_failed on platform.migration_targets (target) where failed_file is not null;
