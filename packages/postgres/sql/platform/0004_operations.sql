-- Long work and its steps. `attempt` is the fence: whoever takes an operation up raises it, and every later write
-- of a process that still believes in an older attempt finds no row.

create table platform.operations (
  id                  uuid not null,
  kind                text not null,
  tenant_id           uuid,
  status              text not null,
  input               jsonb not null default '{}',
  result              jsonb,
  error               jsonb,
  undoing             jsonb,
  actor               jsonb not null,
  request_id          text,
  attempt             integer not null default 0,
  revision            bigint not null default 1,
  created_at          timestamptz(3) not null,
  cancel_requested_at timestamptz(3),
  finished_at         timestamptz(3),
  constraint operations_pkey primary key (id),
  constraint operations_tenant_fkey foreign key (tenant_id) references platform.tenants (id),
  constraint operations_status_check check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  constraint operations_finished_check check ((finished_at is not null) = (status in ('succeeded', 'failed', 'cancelled')))
);
comment on column platform.operations.undoing is 'Why the steps are being undone: set before the first is, so that another process goes on with it.';
comment on column platform.operations.revision is 'Grows with every change, also of a step: what a follower has seen.';
create index operations_created on platform.operations (created_at, id);
create index operations_status on platform.operations (status, created_at, id);
create index operations_kind on platform.operations (kind, created_at, id);
create index operations_tenant on platform.operations (tenant_id, created_at, id);

create table platform.operation_steps (
  operation_id uuid not null,
  position     smallint not null,
  name         text not null,
  status       text not null,
  started_at   timestamptz(3),
  finished_at  timestamptz(3),
  detail       text,
  constraint operation_steps_pkey primary key (operation_id, position),
  constraint operation_steps_name_key unique (operation_id, name),
  constraint operation_steps_operation_fkey foreign key (operation_id) references platform.operations (id) on delete cascade,
  constraint operation_steps_status_check check (status in ('pending', 'running', 'succeeded', 'failed', 'skipped', 'undone'))
);

-- A hint, never a truth: followers read the operation again. Every change goes through the operation's row.
create function platform.announce_operation() returns trigger language plpgsql as $$
begin
  perform pg_catalog.pg_notify('hestia_operations', new.id::text);
  return null;
end $$;
create trigger operations_announce after insert or update on platform.operations
  for each row execute function platform.announce_operation();
