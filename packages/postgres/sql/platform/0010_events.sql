-- Where events go: webhooks with their deliveries, subscribers within the server, and the lanes that keep each tenant's
-- events in order. Rows are written in the transaction of the event, so that none is lost and none is sent that never was.

create table platform.webhooks (
  id                    uuid not null,
  name                  text not null,
  url                   text not null,
  event_types           jsonb,
  tenant_ids            jsonb,
  status                text not null,
  status_reason         text,
  failing_since         timestamptz(3),
  secret                text not null,
  previous_secret       text,
  previous_secret_until timestamptz(3),
  version               integer not null default 1,
  created_at            timestamptz(3) not null,
  updated_at            timestamptz(3) not null,
  constraint webhooks_pkey primary key (id),
  constraint webhooks_status_check check (status in ('active', 'disabled')),
  constraint webhooks_previous_check check ((previous_secret is null) = (previous_secret_until is null))
);
comment on column platform.webhooks.event_types is 'The types that it gets; null is all. Likewise the tenants.';
comment on column platform.webhooks.secret is 'Sealed: what its deliveries are signed with. The previous one signs beside it for a while.';
-- A partial index is no key: another name, like any other change, does not wait for events that are being queued, which
-- lock the webhook against being deleted alone.
create unique index webhooks_name_key on platform.webhooks (name) where name <> '';
create index webhooks_created on platform.webhooks (created_at, id);

create table platform.webhook_deliveries (
  id              uuid not null,
  webhook_id      uuid not null,
  event_id        uuid not null,
  chain           uuid not null,
  position        bigint not null,
  tenant_id       uuid,
  type            text not null,
  status          text not null,
  tries           smallint not null default 0,
  attempts        jsonb not null default '[]',
  next_attempt_at timestamptz(3),
  created_at      timestamptz(3) not null,
  finished_at     timestamptz(3),
  constraint webhook_deliveries_pkey primary key (id),
  constraint webhook_deliveries_event_key unique (webhook_id, event_id),
  constraint webhook_deliveries_webhook_fkey foreign key (webhook_id) references platform.webhooks (id) on delete cascade,
  constraint webhook_deliveries_event_fkey foreign key (event_id) references platform.audit_events (id),
  constraint webhook_deliveries_status_check check (status in ('pending', 'delivered', 'failed', 'abandoned')),
  constraint webhook_deliveries_finished_check check ((finished_at is not null) = (status in ('delivered', 'abandoned')))
);
comment on column platform.webhook_deliveries.position is 'The event''s number in its chain; the lowest unfinished one is the next to be sent.';
create index webhook_deliveries_waiting on platform.webhook_deliveries (webhook_id, chain, position)
  where finished_at is null;
create index webhook_deliveries_created on platform.webhook_deliveries (webhook_id, created_at, id);
create index webhook_deliveries_finished on platform.webhook_deliveries (finished_at) where finished_at is not null;

-- Parts of the server that follow events. A row outlives the process: what is written for it waits until one has it again.
create table platform.event_subscribers (
  name        text not null,
  event_types jsonb,
  seen_at     timestamptz(3) not null,
  constraint event_subscribers_pkey primary key (name)
);
comment on column platform.event_subscribers.seen_at is 'When a server last had it; one that none has is forgotten after a while.';

-- A consumer's queue of one chain: a webhook, by its id, or a subscriber, by its name. While it has a holder no one else
-- works on it, which is what keeps the order; `claim` is the fence, raised by whoever takes it.
create table platform.event_lanes (
  consumer   text not null,
  chain      uuid not null,
  position   bigint not null,
  tries      integer not null default 0,
  due_at     timestamptz(3),
  holder     text,
  claim      integer not null default 0,
  claimed_at timestamptz(3),
  constraint event_lanes_pkey primary key (consumer, chain),
  constraint event_lanes_holder_check check ((holder is null) = (claimed_at is null))
);
comment on column platform.event_lanes.position is 'A subscriber''s place: the last number that it is done with.';
comment on column platform.event_lanes.due_at is 'When there is something to do next; null while there is nothing.';
create index event_lanes_due on platform.event_lanes (consumer, due_at) where holder is null and due_at is not null;
create index event_lanes_held on platform.event_lanes (holder) where holder is not null;
