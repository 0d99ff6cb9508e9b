// What is there, in words that can be compared: of one tenant, with its id and slug taken out, so that it can be held
// against another that went the same way undisturbed; and of everything else, so that nothing is left behind.
import { withDatabase } from "@hestia/postgres/platform";
import type { Clone } from "../../../test/templates.ts";
import { ask } from "./world.ts";

type Asked = Pick<Clone, "databaseUrl" | "dataDatabase">;

/** Everything that has to do with a tenant, line by line. */
export async function pictureOf(
  clone: Asked,
  { id, slug }: { readonly id: string; readonly slug: string },
): Promise<string[]> {
  const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
  const plain = id.replaceAll("-", "");
  const databases = await linesOf(
    data,
    "select datname as line from pg_database where datname like $1",
    [`%${plain}`],
  );
  const own = databases.map((name) => withDatabase(clone.databaseUrl, name));
  const parts = await Promise.all([
    linesOf(clone.databaseUrl, platformLines, [id]),
    countsOf(clone.databaseUrl, id),
    linesOf(clone.databaseUrl, jobLines, [id]),
    databases.map((name) => `database ${name}`),
    linesOf(data, "select 'role ' || rolname as line from pg_roles where rolname like $1", [
      `%${plain}`,
    ]),
    linesOf(data, dataLines, [id, `t_${plain}`]),
    countsOf(data, id),
    ...own.map((url) => linesOf(url, dataLines, [id, "app"])),
    ...own.map((url) => countsOf(url, id)),
  ]);
  return parts
    .flat()
    .map((line) => line.replaceAll(id, "ID").replaceAll(plain, "ID").replaceAll(slug, "SLUG"))
    .sort();
}

/** Everything that is no tenant's: nothing of it may be more, or less, after an operation than before. */
export async function pictureOfRest(clone: Asked): Promise<string[]> {
  const urls = ["", "_template"].map((end) =>
    withDatabase(clone.databaseUrl, `${clone.dataDatabase}${end}`),
  );
  const parts = await Promise.all([
    linesOf(clone.databaseUrl, restLines, [clone.dataDatabase.replace(/_data$/, "")]),
    ...urls.map((url) => linesOf(url, catalogueLines)),
  ]);
  return parts.flat().sort();
}

async function linesOf(url: string, sql: string, values: unknown[] = []): Promise<string[]> {
  return (await ask<{ line: string }>(url, sql, values)).map(({ line }) => line);
}

/** How many rows of the tenant each table has that says whose its rows are; a new table is counted without a word here. */
async function countsOf(url: string, id: string): Promise<string[]> {
  const tables = await linesOf(
    url,
    `select format('%I.%I', n.nspname, c.relname) as line from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname not like 't\\_%'`,
  );
  const counts = tables.map(
    (name) =>
      `select format('%s rows in %s', count(*), '${name}') as line from ${name} where tenant_id::text = $1`,
  );
  return linesOf(url, counts.join(" union all "), [id]);
}

const platformLines = `
  select format('tenant %s, %s, database %s, schema %s, login %s', status, isolation, database_name, schema_name, credentials is not null) as line
  from platform.tenants where id = $1
  union all
  select format('operation %s %s: %s', o.kind, o.status, (
    select string_agg(s.name || ' ' || s.status, ', ' order by s.position)
    from platform.operation_steps s where s.operation_id = o.id))
  from platform.operations o where o.tenant_id = $1
  union all
  select format('%s events %s', count(*), type) from platform.audit_events where tenant_id = $1 group by type
  union all
  select format('%s archives, verified %s', count(*), verified_at is not null)
  from platform.archives where tenant_id = $1 group by verified_at is not null
  union all
  select format('migration %s/%s noted, failed %s', set, name, error is not null)
  from platform.migration_ledger where target = $1::text`;

const jobLines = `
  select format('job of %s', o.kind) as line from graphile_worker.jobs j
  join platform.operations o on j.key = 'operation:' || o.id where o.tenant_id = $1`;

const dataLines = `
  select format('scope %s in %s', state, place) as line from hestia.tenants where tenant_id = $1
  union all select 'fence' from hestia.fences where subject = $1
  union all select 'schema ' || nspname from pg_namespace where nspname = $2
  union all select format('%s %s.%s', c.relkind, n.nspname, c.relname) from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = $2
  union all select format('migration %s/%s of %s', set, name, place) from hestia.migrations where place = $2
  union all select format('attempt at %s/%s of %s', set, name, place) from hestia.migration_attempts where place = $2`;

// Rows of tenants' own are left out: they are in the tenants' pictures. What the queue keeps of tenants' names is empty
// when nobody has it.
const restLines = `
  select format('unfinished %s', kind) as line from platform.operations where finished_at is null
  union all select format('job %s, tried %s times', key, attempts) from graphile_worker.jobs
  union all select 'a queue is locked' from graphile_worker._private_job_queues where locked_by is not null
  union all select format('%s sessions of servers', count(distinct split_part(application_name, ' ', 2)))
    from pg_stat_activity where datname = current_database() and application_name ~ '^hestia(-[a-z]+)? [^ ]+$'
  union all select 'fenced session ' || application_name from pg_stat_activity
    where datname like $1 || '%' and application_name ~ '^hestia [^ ]+ \\d+$'
  union all select 'transaction left open by ' || application_name from pg_stat_activity
    where datname like $1 || '%' and state like 'idle in transaction%'
  union all select 'parts without an archive' from platform.archive_parts p
    where not exists (select from platform.archives a where a.id = p.archive_id)
  union all select format('shared migration %s noted, failed %s', name, error is not null)
    from platform.migration_ledger where target like 'cluster/%'`;

const catalogueLines = `
  select format('%s: %s %s.%s', current_database(), c.relkind, n.nspname, c.relname) as line from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not like 'pg\\_%' and n.nspname not like 't\\_%' and n.nspname <> 'information_schema'
  union all select format('%s: invalid index %s', current_database(), indexrelid::regclass) from pg_index where not indisvalid
  union all select format('%s: attempt at %s', current_database(), name) from hestia.migration_attempts`;
