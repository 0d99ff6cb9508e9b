-- The keys with which operators enter. Only a key's SHA-256 is kept: it is too random to be guessed from that.

create table platform.operator_keys (
  id         uuid not null,
  name       text not null,
  digest     bytea not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  constraint operator_keys_pkey primary key (id),
  constraint operator_keys_digest_key unique (digest),
  constraint operator_keys_digest_check check (octet_length(digest) = 32)
);
