-- Browsers that an operator has signed in with a key. Only the SHA-256 of a session's token is kept.

create table platform.operator_sessions (
  digest          bytea not null,
  operator_key_id uuid not null,
  created_at      timestamptz(3) not null,
  used_at         timestamptz(3) not null,
  expires_at      timestamptz(3) not null,
  constraint operator_sessions_pkey primary key (digest),
  constraint operator_sessions_key_fkey foreign key (operator_key_id) references platform.operator_keys (id),
  constraint operator_sessions_digest_check check (octet_length(digest) = 32)
);
comment on column platform.operator_sessions.expires_at is 'When it ends, however much it is used; it ends earlier when it is not.';
create index operator_sessions_expires on platform.operator_sessions (expires_at);
