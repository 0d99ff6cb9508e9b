-- The objects of many schemas as one number each, from the catalogues' rows as they are: quick, and blind to what has to be
-- printed to be read (defaults, conditions, texts of views). No object's own number goes in, since each schema has others.
-- Where two numbers differ the printed definitions decide.
with places as materialized (
  select n.oid, n.nspname::text as place, n.nspacl from unnest($1::text[]) p (place) join pg_namespace n on n.nspname = p.place
), relations as materialized (
  select c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relowner, c.relacl, c.relam, p.place
  from places p join pg_class c on c.relnamespace = p.oid where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c', 'i', 'I')
), own_types as materialized (
  select t.oid, t.typname from places p join pg_type t on t.typnamespace = p.oid
), sums (place, sum) as (
  select place, hashtextextended(concat_ws(' ', nspacl), 0) from places
  union all
  select place, hashtextextended(concat_ws(' ', relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity, reloptions, relowner, relacl, relam), 0)
  from relations
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, a.attname, case when a.atttypid < 16384 then a.atttypid::text else o.typname end, a.atttypmod,
    a.attnotnull, a.attidentity, a.attgenerated, a.atthasdef, a.attacl, case when a.attcollation < 16384 then a.attcollation end), 0)
  from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped left join own_types o on o.oid = a.atttypid
  where r.relkind not in ('S', 'i', 'I')
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, x.indnatts, x.indnkeyatts, x.indisunique, x.indisprimary, x.indisexclusion, x.indimmediate, x.indisvalid,
    x.indnullsnotdistinct, x.indkey, x.indoption, x.indexprs is null, x.indpred is null), 0)
  from relations r join pg_index x on x.indexrelid = r.oid where r.relkind in ('i', 'I')
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.conkey, k.confkey,
    k.confupdtype, k.confdeltype, k.confmatchtype, k.confdelsetcols), 0)
  from relations r join pg_constraint k on k.conrelid = r.oid and k.contype not in ('n', 't') where r.relkind in ('r', 'p', 'f')
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, p.polname, p.polcmd, p.polpermissive, p.polroles, p.polqual is null, p.polwithcheck is null), 0)
  from relations r join pg_policy p on p.polrelid = r.oid
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, g.tgname, g.tgtype, g.tgenabled, g.tgnargs, g.tgattr, g.tgdeferrable, g.tginitdeferred, g.tgqual is null), 0)
  from relations r join pg_trigger g on g.tgrelid = r.oid and not g.tgisinternal
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, w.rulename, w.ev_type, w.ev_enabled), 0)
  from relations r join pg_rewrite w on w.ev_class = r.oid
  union all
  select r.place, hashtextextended(concat_ws(' ', r.relname, s.seqtypid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle), 0)
  from relations r join pg_sequence s on s.seqrelid = r.oid where r.relkind = 'S'
  union all
  select p.place, hashtextextended(concat_ws(' ', f.proname, f.prokind, f.pronargs, f.prosrc, f.provolatile, f.proparallel, f.prosecdef, f.proisstrict, f.proleakproof,
    f.proconfig, f.proowner, f.proacl, f.proargnames), 0)
  from places p join pg_proc f on f.pronamespace = p.oid
  union all
  select p.place, hashtextextended(concat_ws(' ', t.typname, t.typtype, t.typnotnull, t.typdefault, t.typowner), 0)
  from places p join pg_type t on t.typnamespace = p.oid and t.typtype in ('e', 'd', 'r', 'b') and t.typcategory <> 'A'
  union all
  select p.place, hashtextextended(concat_ws(' ', t.typname, e.enumlabel, e.enumsortorder), 0)
  from places p join pg_type t on t.typnamespace = p.oid and t.typtype = 'e' join pg_enum e on e.enumtypid = t.oid
  union all
  select p.place, hashtextextended(concat_ws(' ', s.stxname, s.stxkind, s.stxkeys), 0) from places p join pg_statistic_ext s on s.stxnamespace = p.oid
)
select place, sum(sum::numeric)::text as hash from sums group by place
