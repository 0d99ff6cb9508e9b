-- Fences: of two processes that believe that they work on the same thing, only the one that took it up last may write.
-- A session that works for one of them carries that in its name before it asks, so whoever takes over is either seen
-- here, or sees the session and ends it.

create table hestia.fences (
  subject uuid not null,
  token   bigint not null,
  constraint fences_pkey primary key (subject)
);
comment on table hestia.fences is 'The highest token with which work on a subject, a tenant or an operation, was taken up.';

create function hestia.hold_fence(of_subject uuid, with_token bigint) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare newest bigint;
begin
  perform set_config('application_name', format('hestia %s %s', of_subject, with_token), false);
  insert into hestia.fences as f (subject, token) values (of_subject, with_token)
    on conflict on constraint fences_pkey do update set token = excluded.token where f.token < excluded.token;
  select f.token into newest from hestia.fences f where f.subject = of_subject;
  if newest > with_token then
    raise exception 'work on % was taken up elsewhere', of_subject using errcode = 'HT201';
  end if;
end $$;
revoke all on function hestia.hold_fence(uuid, bigint) from public;

-- Ends the sessions of whoever worked on the subject before; the caller holds the fence.
create function hestia.end_forerunners(of_subject uuid, with_token bigint) returns integer
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select count(*) filter (where pg_terminate_backend(a.pid, 5000))::integer from pg_stat_activity a
  where a.application_name like format('hestia %s %%', of_subject)
    and split_part(a.application_name, ' ', 3) ~ '^\d+$'
    and split_part(a.application_name, ' ', 3)::bigint < with_token
$$;
revoke all on function hestia.end_forerunners(uuid, bigint) from public;
