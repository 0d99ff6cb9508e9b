-- Migrations that run outside a transaction and are under way, or were when their runner died: what they left half made
-- is found by this row before they are tried again.
create table hestia.migration_attempts (
  place    text not null,
  set      text not null,
  name     text not null,
  checksum text not null,
  makes    text,
  began_at timestamptz not null default now(),
  constraint migration_attempts_pkey primary key (place, set, name)
);
comment on column hestia.migration_attempts.makes is 'The index that the attempt makes; it stays behind invalid when the attempt fails.';
