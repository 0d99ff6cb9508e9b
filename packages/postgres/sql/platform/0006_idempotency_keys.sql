-- Requests that are answered once: the first with a key holds its row, later ones get the stored answer.
-- `made_id` is the id of what the request makes, fixed with the key: a repeat after a crash makes nothing twice.

create table platform.idempotency_keys (
  actor_id    text not null,
  key         text not null,
  fingerprint bytea not null,
  made_id     uuid not null,
  holder      text not null,
  status      smallint,
  headers     jsonb,
  body        jsonb,
  created_at  timestamptz(3) not null,
  constraint idempotency_keys_pkey primary key (actor_id, key),
  constraint idempotency_keys_answer_check check ((status is null) = (headers is null))
);
comment on column platform.idempotency_keys.holder is 'The process that works on the first request; when its lease is gone another may take it up.';
create index idempotency_keys_created on platform.idempotency_keys (created_at);
