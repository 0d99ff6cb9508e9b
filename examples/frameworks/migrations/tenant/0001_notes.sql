-- A tenant's notes. Written as if there were one tenant alone: Hestia adds the rest.
create table notes (
  id   bigint generated always as identity,
  body text not null,
  constraint notes_pkey primary key (id),
  constraint notes_body_check check (length(body) between 1 and 2000)
);
