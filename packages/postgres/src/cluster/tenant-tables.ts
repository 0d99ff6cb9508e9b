// How much a tenant has in each of its tables. Nothing is changed, and nobody waits for it long: what would take more than
// a moment to count is estimated, and it is told which it is.
import type pg from "pg";
import { enterScope } from "./delete-rows.ts";
import { quoted } from "./identifiers.ts";
import type { RowPlace } from "./tenant-rows.ts";

/** One table, as far as it is the tenant's. */
export type MeasuredTable = {
  readonly name: string;
  readonly rows: number;
  readonly isCounted: boolean;
  /** With indexes; where others have rows too, by the share of the rows. Absent where that is not known. */
  readonly bytes?: number | undefined;
};

/** Rows that are counted; where there are more, statistics are asked. */
const countedMax = 100_000;
const countMsMax = 1_000;

type Sized = { readonly name: string; readonly bytes: number; readonly known: number };

/** Measures every table of the place. */
export async function measureTables(
  client: pg.ClientBase,
  place: RowPlace,
): Promise<MeasuredTable[]> {
  await client.query("begin");
  try {
    const tables = await sizes(client, place.place);
    await client.query(`set local statement_timeout = ${countMsMax}`);
    await seeRows(client, place);
    const measured: MeasuredTable[] = [];
    for (const table of tables) measured.push(await measure(client, place, table));
    return measured;
  } finally {
    // A connection that is gone has rolled back by itself.
    await client.query("rollback").catch(() => {});
  }
}

/** A superuser sees all rows; others enter a scope, which ends with the transaction. */
async function seeRows(client: pg.ClientBase, { owner, tenantId }: RowPlace): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean }>(
    "select current_setting('is_superuser')::boolean as superuser",
  );
  if (rows[0]?.superuser) return;
  await client.query(`set local role ${quoted(owner)}`);
  await enterScope(client, tenantId);
}

async function sizes(client: pg.ClientBase, place: string): Promise<Sized[]> {
  const { rows } = await client.query<Sized>(
    `select c.relname as name, coalesce(sum(pg_total_relation_size(l.oid)), 0)::float8 as bytes,
       coalesce(sum(case when l.reltuples > 0 then l.reltuples else pg_stat_get_live_tuples(l.oid) end), 0)::float8 as known
     from hestia.relations($1) c
     left join lateral (
       select c.oid as relid where c.relkind = 'r'
       union all select relid from pg_partition_tree(c.oid) where isleaf and c.relkind = 'p'
     ) p on true left join pg_class l on l.oid = p.relid
     where c.relkind in ('r', 'p') and not c.relispartition group by c.oid, c.relname order by c.relname`,
    [place],
  );
  return rows;
}

async function measure(
  client: pg.ClientBase,
  place: RowPlace,
  { name, bytes, known }: Sized,
): Promise<MeasuredTable> {
  const from = `${quoted(place.place)}.${quoted(name)} where tenant_id = '${place.tenantId}'`;
  const counted = await count(client, from);
  const rows = counted ?? (await estimate(client, from));
  const isCounted = counted !== undefined;
  if (place.isOwn) return { name, rows, isCounted, bytes };
  if (rows > 0 && known === 0) return { name, rows, isCounted };
  const share = rows / Math.max(known, rows, 1);
  return { name, rows, isCounted, bytes: Math.round(bytes * share) };
}

/** Undefined where there are too many, or it takes too long. */
async function count(client: pg.ClientBase, from: string): Promise<number | undefined> {
  await client.query("savepoint counting");
  try {
    const { rows } = await client.query<{ rows: number }>(
      `select count(*)::int as rows from (select from ${from} limit ${countedMax + 1}) counted`,
    );
    const found = rows[0]?.rows ?? 0;
    return found > countedMax ? undefined : found;
  } catch (error) {
    if ((error as { code?: string }).code !== "57014") throw error;
    await client.query("rollback to savepoint counting");
    return undefined;
  }
}

async function estimate(client: pg.ClientBase, from: string): Promise<number> {
  const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: { "Plan Rows": number } }] }>(
    `explain (format json) select from ${from}`,
  );
  return Math.round(rows[0]?.["QUERY PLAN"][0].Plan["Plan Rows"] ?? 0);
}
