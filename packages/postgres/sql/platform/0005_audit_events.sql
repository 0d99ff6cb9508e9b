-- Who did what, when and why. Rows are only ever added; each tenant's are numbered without a gap (the platform's own
-- under the nil id), so that a missing one shows.

create table platform.audit_chains (
  chain    uuid not null,
  position bigint not null,
  constraint audit_chains_pkey primary key (chain)
);
comment on table platform.audit_chains is 'The last number of each chain; its row lock is what numbers events one by one.';

create table platform.audit_events (
  id         uuid not null,
  chain      uuid not null,
  position   bigint not null,
  tenant_id  uuid,
  type       text not null,
  at         timestamptz(3) not null,
  actor      jsonb not null,
  request_id text,
  reason     text,
  data       jsonb not null,
  constraint audit_events_pkey primary key (id),
  constraint audit_events_position_key unique (chain, position),
  constraint audit_events_tenant_fkey foreign key (tenant_id) references platform.tenants (id),
  constraint audit_events_chain_check check (chain = coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'))
);
create index audit_events_at on platform.audit_events (at, id);
create index audit_events_tenant on platform.audit_events (tenant_id, at, id);
create index audit_events_type on platform.audit_events (type, at, id);

create function platform.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_events_append_only before update or delete on platform.audit_events
  for each row execute function platform.refuse_change();
create trigger audit_events_no_truncate before truncate on platform.audit_events
  for each statement execute function platform.refuse_change();
