-- The tenant's side of the platform: what the role {{tenant}} sees, under row security that names the one tenant of
-- its transaction. Everything not granted here is the platform's own.

create table platform.configuration (
  tenant_id  uuid not null default nullif(current_setting('hestia.tenant', true), '')::uuid,
  key        text not null,
  value      jsonb not null,
  updated_at timestamptz(3) not null,
  constraint configuration_pkey primary key (tenant_id, key),
  constraint configuration_tenant_fkey foreign key (tenant_id) references platform.tenants (id)
);
alter table platform.configuration enable row level security;
alter table platform.configuration force row level security;
create policy configuration_tenant on platform.configuration
  using (tenant_id = (select nullif(current_setting('hestia.tenant', true), '')::uuid));

-- A tenant's view of its own row; the barrier keeps a function in a query from seeing others' rows.
create view platform.own_tenant with (security_barrier) as
  select id, slug, name, status, plan_id, case when domain_verified_at is not null then domain end as domain, settings, version
  from platform.tenants
  where id = (select nullif(current_setting('hestia.tenant', true), '')::uuid);

grant usage on schema platform to {{tenant}};
grant select, insert, update, delete on platform.configuration to {{tenant}};
grant select on platform.own_tenant to {{tenant}};
