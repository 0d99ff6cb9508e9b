-- How tenants end: what keeps one from being erased, the archive that is made before, and the proof after.

alter table platform.plans
  add column grace_days   integer not null default 30,
  add column archive_days integer not null default 90;
comment on column platform.plans.grace_days is 'How long a deleted tenant stays as it was before it is archived.';
comment on column platform.plans.archive_days is 'How long its archive is kept after that.';

alter table platform.tenants
  add column ends_at      timestamptz(3),
  add column retain_until timestamptz(3);
comment on column platform.tenants.ends_at is 'When the next station of its end is due: a deleted tenant is archived then, an archived one purged.';
comment on column platform.tenants.retain_until is 'Until then it may not be purged.';
create index tenants_ends on platform.tenants (ends_at) where ends_at is not null;

create table platform.legal_holds (
  id        uuid not null,
  tenant_id uuid not null,
  reason    text not null,
  placed_by jsonb not null,
  placed_at timestamptz(3) not null,
  lifted_at timestamptz(3),
  constraint legal_holds_pkey primary key (id),
  constraint legal_holds_tenant_fkey foreign key (tenant_id) references platform.tenants (id)
);
create index legal_holds_tenant on platform.legal_holds (tenant_id, placed_at);

-- A tenant's rows and what the platform knows of it, compressed, in parts that fit into memory.
create table platform.archives (
  id          uuid not null,
  tenant_id   uuid not null,
  verified_at timestamptz(3),
  tables      jsonb not null default '[]',
  bytes       bigint not null default 0,
  created_at  timestamptz(3) not null,
  constraint archives_pkey primary key (id),
  constraint archives_tenant_fkey foreign key (tenant_id) references platform.tenants (id)
);
comment on column platform.archives.verified_at is 'When it was read back and found to be what was written.';
create index archives_tenant on platform.archives (tenant_id);
create table platform.archive_parts (
  archive_id uuid not null,
  position   integer not null,
  data       bytea not null,
  constraint archive_parts_pkey primary key (archive_id, position),
  constraint archive_parts_archive_fkey foreign key (archive_id) references platform.archives (id) on delete cascade
);
alter table platform.archive_parts alter column data set storage external;

create table platform.erasure_certificates (
  tenant_id uuid not null,
  issued_at timestamptz(3) not null,
  body      jsonb not null,
  constraint erasure_certificates_pkey primary key (tenant_id),
  constraint erasure_certificates_tenant_fkey foreign key (tenant_id) references platform.tenants (id)
);
