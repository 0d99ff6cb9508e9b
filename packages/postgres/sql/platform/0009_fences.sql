-- Who works, and who has worked last. A process shows that it lives by its lease's lock and by beating; one that is
-- frozen keeps the lock, but does not beat. Tokens grow with every taking up of an operation, in all of them together.

create table platform.leases (
  holder   text not null,
  instance text not null,
  beat_at  timestamptz not null default clock_timestamp(),
  constraint leases_pkey primary key (holder)
);
comment on column platform.leases.holder is 'The name under which the process''s workers lock jobs.';
comment on column platform.leases.instance is 'What the application_name of all its connections ends with.';

create sequence platform.fencing_tokens;

alter table platform.operations
  add column deadline_at timestamptz(3),
  add column stuck_at    timestamptz(3);
comment on column platform.operations.deadline_at is 'When it is given up and undone, if it has not come to its end.';
comment on column platform.operations.stuck_at is 'Since when it comes no further by itself: undoing it failed to the last try.';
create index operations_stuck on platform.operations (stuck_at) where stuck_at is not null;
create index operations_finished on platform.operations (finished_at) where finished_at is not null;
