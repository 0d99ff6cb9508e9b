-- Lets a tenant into a place that is there already, in one statement: the row of the fence stays locked until it ends, so
-- whoever takes the work up either waits for it, or is found here. False where the place is not there.
create function hestia.admit(tenant uuid, in_place text, with_token bigint, to_state text, flushed boolean) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare newest bigint; found_place text;
begin
  -- Where the caller commits to the same server's disk afterwards, that flushes this too.
  if not flushed then perform set_config('synchronous_commit', 'off', true); end if;
  insert into hestia.fences as f (subject, token) values (tenant, with_token)
    on conflict on constraint fences_pkey do update set token = excluded.token where f.token < excluded.token;
  if not found then
    select f.token into newest from hestia.fences f where f.subject = tenant;
    if newest > with_token then
      raise exception 'work on % was taken up elsewhere', tenant using errcode = 'HT201';
    end if;
  end if;
  -- What many tenants share is there for each of them; a place of one's own has its row since it was made.
  if in_place = 'app' and exists (select from hestia.database d where d.kind = 'cluster') then
    insert into hestia.tenants (tenant_id, place, state) values (tenant, in_place, to_state) on conflict (tenant_id) do nothing;
    if found then return true; end if;
  end if;
  select t.place into found_place from hestia.tenants t
    where t.tenant_id = tenant and exists (select from pg_namespace n where n.nspname = t.place);
  if found_place is distinct from in_place then return false; end if;
  perform hestia.set_state(tenant, to_state);
  return true;
end $$;
revoke all on function hestia.admit(uuid, text, bigint, text, boolean) from public;
