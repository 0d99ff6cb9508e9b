-- What must be verified before a tenant is activated, and what time brings to one that is: the end of its trial, and the
-- review of its suspension.

create table platform.verifications (
  tenant_id    uuid not null,
  requirement  text not null,
  state        text not null default 'open',
  issue        uuid,
  token_hash   bytea,
  requested_at timestamptz(3),
  expires_at   timestamptz(3),
  attempts     integer not null default 0,
  challenge    text,
  met_at       timestamptz(3),
  met_by       jsonb,
  reason       text,
  constraint verifications_pkey primary key (tenant_id, requirement),
  constraint verifications_tenant_fkey foreign key (tenant_id) references platform.tenants (id),
  constraint verifications_requirement_check check (requirement in ('email', 'domain', 'sign_on', 'approval')),
  constraint verifications_state_check check (state in ('open', 'met', 'waived')),
  constraint verifications_met_check check ((state <> 'open') = (met_at is not null))
);
comment on column platform.verifications.issue is 'The event that told of the present token. The token is made from it, and stored nowhere.';
comment on column platform.verifications.attempts is 'Wrong tokens since the present one was issued; of a domain, looks that did not find its record.';
comment on column platform.verifications.challenge is 'What the domain''s record has to hold; no secret.';

alter table platform.tenants
  add column trial_ends_at timestamptz(3),
  add column review_at     timestamptz(3),
  add column review_due_at timestamptz(3);
comment on column platform.tenants.trial_ends_at is 'When it is suspended unless that is taken away before.';
comment on column platform.tenants.review_at is 'When somebody has to look whether its suspension is still right.';
comment on column platform.tenants.review_due_at is 'Since when that is due; told once.';
create index tenants_trials on platform.tenants (trial_ends_at) where trial_ends_at is not null;
create index tenants_reviews on platform.tenants (review_at) where review_at is not null and review_due_at is null;
create index tenants_reviews_due on platform.tenants (review_due_at) where review_due_at is not null;
