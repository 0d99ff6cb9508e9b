-- The platform's own truth: clusters, plans, tenants. Applied as the platform database's administrator.

create schema platform;

create table platform.clusters (
  id            uuid not null,
  name          text not null,
  host          text not null,
  port          integer not null,
  data_database text not null,
  role_prefix   text not null,
  credentials   text not null,
  isolation     text not null,
  missing       jsonb not null default '[]',
  created_at    timestamptz not null default now(),
  constraint clusters_pkey primary key (id),
  constraint clusters_name_key unique (name),
  constraint clusters_isolation_check check (isolation in ('full', 'reduced'))
);
comment on column platform.clusters.credentials is 'Sealed: the logins of the application and of the directory.';
comment on column platform.clusters.missing is 'What full isolation lacks here, each in one sentence.';

create table platform.plans (
  id         text not null,
  name       text not null,
  isolation  text not null default 'shared',
  defaults   jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint plans_pkey primary key (id),
  constraint plans_isolation_check check (isolation in ('shared', 'schema', 'database'))
);
comment on column platform.plans.defaults is 'Settings that a new tenant of this plan begins with.';
insert into platform.plans (id, name) values ('standard', 'Standard');

create table platform.tenants (
  id                 uuid not null,
  slug               text not null,
  name               text not null,
  status             text not null,
  status_reason      text,
  restore_status     text,
  isolation          text not null,
  cluster_id         uuid not null,
  database_name      text,
  schema_name        text,
  credentials        text,
  plan_id            text not null,
  domain             text,
  domain_verified_at timestamptz,
  settings           jsonb not null default '{}',
  admin_email        text,
  version            integer not null default 1,
  synced_version     integer not null default 0,
  created_at         timestamptz not null,
  updated_at         timestamptz not null,
  deleted_at         timestamptz,
  constraint tenants_pkey primary key (id),
  constraint tenants_slug_key unique (slug),
  constraint tenants_domain_key unique (domain),
  constraint tenants_cluster_fkey foreign key (cluster_id) references platform.clusters (id),
  constraint tenants_plan_fkey foreign key (plan_id) references platform.plans (id),
  constraint tenants_isolation_check check (isolation in ('shared', 'schema', 'database')),
  constraint tenants_status_check check (status in
    ('provisioning', 'pending', 'active', 'readonly', 'suspended', 'deleting', 'archived', 'purged', 'failed'))
);
comment on column platform.tenants.restore_status is 'The status that a restore of a deleted tenant returns to.';
comment on column platform.tenants.credentials is 'Sealed: the login of a database tenant.';
comment on column platform.tenants.synced_version is 'The version whose state the data database has; behind version while a change is on its way.';
create index tenants_created on platform.tenants (created_at, id);
create index tenants_updated on platform.tenants (updated_at, id);
create index tenants_name on platform.tenants (name, id);
create index tenants_unsynced on platform.tenants (id) where synced_version < version;

-- What the library may know of a tenant, and nothing more.
create view platform.directory as
  select t.id, t.slug, t.name, t.status, t.isolation, c.name as cluster,
    coalesce(t.database_name, c.data_database) as database, coalesce(t.schema_name, 'app') as place,
    t.credentials, case when t.domain_verified_at is not null then t.domain end as domain, t.version
  from platform.tenants t join platform.clusters c on c.id = t.cluster_id;
create view platform.directory_clusters as
  select name, host, port, data_database as database, credentials, isolation from platform.clusters;
grant usage on schema platform to {{directory}};
grant select on platform.directory, platform.directory_clusters to {{directory}};

-- A hint, never a truth: listeners drop what they hold of the tenant.
create function platform.announce_tenant() returns trigger language plpgsql as $$
begin
  perform pg_catalog.pg_notify('hestia_directory', coalesce(new.id, old.id)::text);
  return null;
end $$;
create trigger tenants_announce after insert or update or delete on platform.tenants
  for each row execute function platform.announce_tenant();
