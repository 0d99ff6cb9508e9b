-- The sealed scope: a tenant's rows are seen through a random key, never through its id.
-- Applied as the owner, once per data database. {{owner}}, {{app}} and {{directory}} are role names.

create schema hestia;
comment on schema hestia is 'The sealed scope and the isolation functions of Hestia.';
grant usage on schema hestia to {{app}}, {{directory}};

create schema app;
comment on schema app is 'Rows of the tenants whose isolation model is shared.';
grant usage on schema app to {{app}};

create schema shared;
comment on schema shared is 'Reference tables that every tenant reads and none may write.';
grant usage on schema shared to {{app}};

-- One row: whether this database serves many tenants (cluster) or is one tenant's own (tenant).
create table hestia.database (
  kind text not null,
  constraint database_kind_check check (kind in ('cluster', 'tenant'))
);
create unique index database_single on hestia.database ((true));

-- One row a tenant: where it lives and whether it may be entered. hestia.set_state() changes it.
create table hestia.tenants (
  tenant_id  uuid not null,
  place      text not null,
  state      text not null,
  changed_at timestamptz not null default now(),
  constraint tenants_pkey primary key (tenant_id),
  constraint tenants_state_check
    check (state in ('provisioning', 'active', 'readonly', 'suspended', 'ended', 'moved'))
) with (fillfactor = 20);
comment on column hestia.tenants.place is 'The schema that holds the tenant''s rows.';

-- One row a scope key: only its SHA-256 is kept, with a copy of what enter() and scope() ask, so that they read one row.
-- Pages are left loose, so that a state changes in place; and it is vacuumed late and never made shorter, so that the
-- planner takes it to be large from the first row on, and turns to the index.
create table hestia.scopes (
  digest     bytea not null,
  tenant_id  uuid not null,
  place      text not null,
  state      text not null,
  expires_at timestamptz not null,
  constraint scopes_pkey primary key (digest),
  constraint scopes_tenant_fkey foreign key (tenant_id) references hestia.tenants (tenant_id) on delete cascade,
  constraint scopes_digest_check check (octet_length(digest) = 32)
) with (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_threshold = 1000, vacuum_truncate = false);
create index scopes_tenant on hestia.scopes (tenant_id, expires_at);

-- Which of the application's migrations each partition has.
create table hestia.migrations (
  place       text not null,
  set         text not null,
  name        text not null,
  checksum    text not null,
  applied_at  timestamptz not null default now(),
  duration_ms double precision not null,
  constraint migrations_pkey primary key (place, set, name),
  constraint migrations_set_check check (set in ('tenant', 'shared'))
);

-- Issues a scope key: the caller keeps the key and gives its digest. Returns the seconds that it lives.
-- Keys of the same tenant overlap; the expired are swept here. Of more than 256 the oldest end early, but not so early
-- that a statement could lose its key between entering and being run.
create function hestia.issue(digest bytea, tenant uuid) returns double precision
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  lifetime constant interval := interval '1 hour';
  grace constant interval := interval '2 minutes';
  found_tenant hestia.tenants;
begin
  -- The lock makes a change of state wait for this key, or this key see the change.
  select * into found_tenant from hestia.tenants t where t.tenant_id = tenant for share;
  if not found then
    raise exception 'tenant % has no place in this database', tenant using errcode = 'HT001';
  end if;
  delete from hestia.scopes s where s.tenant_id = tenant and s.expires_at < now();
  update hestia.scopes s set expires_at = now() + grace where s.digest in (
    select k.digest from hestia.scopes k
    where k.tenant_id = tenant and k.expires_at > now() + grace order by k.expires_at desc offset 255);
  insert into hestia.scopes (digest, tenant_id, place, state, expires_at)
    values (issue.digest, tenant, found_tenant.place, found_tenant.state, now() + lifetime);
  return extract(epoch from lifetime);
end $$;
revoke all on function hestia.issue(bytea, uuid) from public;
grant execute on function hestia.issue(bytea, uuid) to {{directory}};

-- Lets a tenant in, or keeps it out, from its next statement on.
create function hestia.set_state(tenant uuid, to_state text) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  update hestia.tenants t set state = to_state, changed_at = now() where t.tenant_id = tenant and t.state <> to_state;
  update hestia.scopes s set state = to_state where s.tenant_id = tenant and s.state <> to_state;
end $$;
revoke all on function hestia.set_state(uuid, text) from public;

-- Enters the scope of a key: the first statement of every message. Here, and nowhere else, a tenant is refused, before
-- its own statement has seen a row: an error of a policy would tell which rows its conditions had met.
-- Returns true where the transaction may only read. A scope stays until the transaction ends; the same key may enter
-- again, to be asked again. Neither this nor scope() has a SET clause: search_path set under one is undone at exit, and
-- each clause costs more than the look-up. So every name and operator is qualified. Both ask one query of few
-- expressions, because PostgreSQL prepares each expression anew for each statement.
create function hestia.enter(key text) returns boolean
language plpgsql volatile security definer as $$
declare plain boolean;
begin
  select s.state operator(pg_catalog.=) 'active'
        and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed'
        and pg_catalog.current_setting('cpu_operator_cost') operator(pg_catalog.=) '0',
      pg_catalog.set_config('hestia.scope', key, true),
      pg_catalog.set_config('hestia.tenant', s.tenant_id::pg_catalog.text, true),
      case when pg_catalog.current_setting('search_path') operator(pg_catalog.<>) (s.place operator(pg_catalog.||) ', shared, pg_temp')
        then pg_catalog.set_config('search_path', s.place operator(pg_catalog.||) ', shared, pg_temp', true) end
    into plain
    from hestia.scopes s
    where s.digest operator(pg_catalog.=) pg_catalog.sha256(key::pg_catalog.bytea)
      and s.expires_at operator(pg_catalog.>) pg_catalog.now()
      and coalesce(pg_catalog.current_setting('hestia.scope', true), '') operator(pg_catalog.=) any (array['', key]);
  return case when plain then false else hestia.enter_or_refuse(key) end;
end $$;
revoke all on function hestia.enter(text) from public;
grant execute on function hestia.enter(text) to {{app}};

-- The slow way of hestia.enter(): the reason of a refusal, what only reads, and transactions with a snapshot of their own.
create function hestia.enter_or_refuse(key text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  entered text := current_setting('hestia.scope', true);
  state text;
begin
  -- An empty key opens nothing: connections are warmed up with it.
  if coalesce(key, '') = '' then return false; end if;
  -- Where operators cost anything, the planner lets cheap conditions of the tenant's, with whatever they raise, go before
  -- the policy's. The logins have this setting; a session that lost it gets it back before its statement is planned.
  perform set_config('cpu_operator_cost', '0', true);
  if entered <> '' and entered <> key then
    raise exception 'another scope has been entered in this transaction' using errcode = '42501';
  end if;
  select s.state into state from hestia.scopes s
    where s.digest = sha256(key::bytea) and s.expires_at > now();
  if not found then
    raise exception 'unknown scope' using errcode = 'HT001';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' and not current_setting('transaction_read_only')::boolean then
    perform hestia.expect_unchanged(sha256(key::bytea));
  end if;
  case state
    when 'active' then return false;
    when 'readonly' then
      perform set_config('transaction_read_only', 'on', true);
      return true;
    when 'provisioning' then raise exception 'the tenant is not ready' using errcode = 'HT002';
    when 'suspended' then raise exception 'the tenant is suspended' using errcode = 'HT002';
    when 'moved' then raise exception 'the tenant has moved' using errcode = 'HT004';
    else raise exception 'the tenant has ended' using errcode = 'HT005';
  end case;
end $$;
revoke all on function hestia.enter_or_refuse(text) from public;

-- From REPEATABLE READ on a transaction would go on with the state of its snapshot. A lock fails with 40001 where the
-- key's row has changed since; it is given back at once, so that no change of state waits for this transaction.
create function hestia.expect_unchanged(key_digest bytea) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from hestia.scopes s where s.digest = key_digest for share;
  raise exception using errcode = 'HT000';
exception when sqlstate 'HT000' then
  null;
end $$;
revoke all on function hestia.expect_unchanged(bytea) from public;

-- What every policy asks: the tenant whose key was entered in this transaction; null in a place that is not its own,
-- and for a key that has gone since: there are no rows for it. It raises only where no scope was entered at all.
create function hestia.scope(placement text) returns uuid
language plpgsql stable parallel restricted security definer as $$
declare tenant pg_catalog.uuid;
begin
  select case when s.place operator(pg_catalog.=) placement then s.tenant_id end into tenant from hestia.scopes s
    where s.digest operator(pg_catalog.=)
        pg_catalog.sha256(pg_catalog.current_setting('hestia.scope', true)::pg_catalog.bytea)
      and s.expires_at operator(pg_catalog.>) pg_catalog.now();
  if not found and coalesce(pg_catalog.current_setting('hestia.scope', true), '') operator(pg_catalog.=) '' then
    raise exception 'no tenant in scope' using errcode = 'HT001';
  end if;
  return tenant;
end $$;
revoke all on function hestia.scope(text) from public;
grant execute on function hestia.scope(text) to {{app}};

-- The current tenant's id, for defaults and display. Protection never rests on it.
create function hestia.tenant_id() returns uuid
language sql stable parallel restricted as
$$ select nullif(pg_catalog.current_setting('hestia.tenant', true), '')::pg_catalog.uuid $$;
revoke all on function hestia.tenant_id() from public;
grant execute on function hestia.tenant_id() to {{app}};
