-- Isolation checks: when the platform's tenants were attacked on a copy, and what came of it. The report is kept with the
-- check, since its operation is not kept for ever.

create table platform.isolation_checks (
  id           uuid not null,
  operation_id uuid not null,
  status       text not null,
  models       jsonb not null,
  full_check   boolean not null,
  started_by   text not null,
  created_at   timestamptz(3) not null,
  finished_at  timestamptz(3),
  counts       jsonb,
  report       jsonb,
  problem      text,
  constraint isolation_checks_pkey primary key (id),
  constraint isolation_checks_operation_key unique (operation_id),
  constraint isolation_checks_status_check check (status in ('running', 'proven', 'findings', 'failed', 'cancelled')),
  constraint isolation_checks_finished_check check ((finished_at is null) = (status = 'running')),
  constraint isolation_checks_report_check check ((report is not null) = (status in ('proven', 'findings')))
);
create index isolation_checks_created on platform.isolation_checks (created_at, id);

-- Each makes databases and weakens roles on the same server: one at a time.
create unique index isolation_checks_running on platform.isolation_checks (status) where status = 'running';
