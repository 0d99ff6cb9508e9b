-- What a plan asks of its tenants before they are served, how long they may try it, and what it keeps ready for them.

alter table platform.plans
  add column description text,
  add column requires    jsonb not null default '[]',
  add column trial_days  integer,
  add column warm        integer not null default 0,
  add column version     integer not null default 1,
  add column updated_at  timestamptz(3) not null default now();
comment on column platform.plans.requires is 'What must be verified before a new tenant is activated.';
comment on column platform.plans.trial_days is 'How long after activation a tenant of this plan may try it; null: no trial.';
comment on column platform.plans.warm is 'How many partitions are kept made and migrated for the next tenants of this plan.';
