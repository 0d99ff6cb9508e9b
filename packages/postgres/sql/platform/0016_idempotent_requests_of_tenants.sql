-- Answers about a tenant have its name and more in them, not only the answer that told of its creation: all of them go with it.
alter table platform.idempotency_keys add column tenant_id uuid;
comment on column platform.idempotency_keys.tenant_id is 'The tenant that the request named; its answers go when the tenant is purged.';
create index idempotency_keys_tenant on platform.idempotency_keys (tenant_id) where tenant_id is not null;
