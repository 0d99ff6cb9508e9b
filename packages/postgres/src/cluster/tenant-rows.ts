// A tenant's rows as text, column by column, for an archive: read in one snapshot, through the same policies that keep
// its neighbours' rows, and written back the same way. PostgreSQL's text of a value is read back as the same value.

import type { TenantId } from "@hestia/core";
import type pg from "pg";
import { inTransaction, rolledBack } from "./admin.ts";
import { enterScope, silenceAll } from "./delete-rows.ts";
import { quoted } from "./identifiers.ts";

/** A table's name and its columns with their types, without those that PostgreSQL computes. */
export type RowTable = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

/** Values in the order of the columns, each in PostgreSQL's text form. */
export type TextRow = readonly (string | null)[];

/** Where a tenant's rows are. */
export type RowPlace = {
  readonly tenantId: TenantId;
  readonly place: string;
  readonly owner: string;
  /** Nobody else has rows there. */
  readonly isOwn: boolean;
};

const rowsPerFetch = 1_000;

/** Gives every table, and after each its rows, in one snapshot; nothing is changed. */
export async function readRows(
  client: pg.ClientBase,
  place: RowPlace,
  each: {
    table(table: RowTable): Promise<void>;
    rows(rows: readonly TextRow[]): Promise<void>;
  },
): Promise<void> {
  return rolledBack(
    client,
    async () => {
      await beTenant(client, place);
      for (const table of await listTables(client, place.place)) {
        await each.table(table);
        const texts = table.columns.map(({ name }) => `${quoted(name)}::text`).join(", ");
        await client.query(
          `declare archived no scroll cursor for select array[${texts}] as row from ${within(place, table)} where tenant_id = '${place.tenantId}'`,
        );
        for (;;) {
          const { rows } = await client.query<{ row: (string | null)[] }>(
            `fetch ${rowsPerFetch} from archived`,
          );
          if (rows.length === 0) break;
          await each.rows(rows.map(({ row }) => row));
        }
        await client.query("close archived");
      }
    },
    { begin: "begin isolation level repeatable read" },
  );
}

/** Writes rows back into a place that the tenant cannot reach yet; all of them or none. */
export async function writeRows(
  client: pg.ClientBase,
  place: RowPlace,
  tables: AsyncIterable<{ readonly table: RowTable; readonly rows: readonly TextRow[] }>,
): Promise<void> {
  await inTransaction(client, async () => {
    const { tenantId } = place;
    const superuser = await silenceAll(client);
    if (!superuser) await client.query("set constraints all deferred");
    const state = await beTenant(client, place);
    const seen = new Set<string>();
    for await (const { table, rows } of tables) {
      if (!seen.has(table.name)) {
        seen.add(table.name);
        // What an attempt that was cut off, or a migration, has left: the archive is all there is.
        await client.query(`delete from ${within(place, table)} where tenant_id = '${tenantId}'`);
      }
      await insertRows(client, place, table, rows);
    }
    if (place.isOwn) await continueSequences(client, place, seen);
    // The scope was this transaction's alone.
    await client.query("delete from hestia.scopes where tenant_id = $1", [tenantId]);
    await client.query("select hestia.set_state($1, $2)", [tenantId, state]);
  });
}

async function insertRows(
  client: pg.ClientBase,
  place: RowPlace,
  table: RowTable,
  rows: readonly TextRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = table.columns.map(({ name }) => quoted(name)).join(", ");
  const values = table.columns.map(({ type }, at) => `(r ->> ${at})::${type}`).join(", ");
  await client.query(
    `insert into ${within(place, table)} (${names}) overriding system value
     select ${values} from jsonb_array_elements($1::jsonb) r`,
    [JSON.stringify(rows)],
  );
}

/** Numbers go on behind the highest; a sequence that many tenants share is past it already, and goes on meanwhile. */
async function continueSequences(
  client: pg.ClientBase,
  place: RowPlace,
  tables: ReadonlySet<string>,
): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `select c.relname as table, a.attname as column, pg_get_serial_sequence(format('%I.%I', $1::text, c.relname), a.attname) as sequence
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relkind in ('r', 'p') and not c.relispartition
       and (a.attidentity <> '' or a.atthasdef)`,
    [place.place],
  );
  for (const { table, column, sequence } of rows)
    if (sequence !== null && tables.has(table))
      await client.query(
        `select setval($1, greatest(max(${quoted(column)}), (select last_value from ${sequence}))) from ${quoted(place.place)}.${quoted(table)} having max(${quoted(column)}) is not null`,
        [sequence],
      );
}

async function beTenant(client: pg.ClientBase, { tenantId, owner }: RowPlace) {
  await client.query(`set local role ${quoted(owner)}`);
  return enterScope(client, tenantId);
}

async function listTables(client: pg.ClientBase, place: string): Promise<RowTable[]> {
  const { rows } = await client.query<RowTable>(
    `select c.relname as name, (
       select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     ) as columns
     from hestia.relations($1) r join pg_class c on c.oid = r.oid
     where c.relkind in ('r', 'p') and not c.relispartition order by c.oid`,
    [place],
  );
  return rows;
}

const within = ({ place }: RowPlace, { name }: RowTable) => `${quoted(place)}.${quoted(name)}`;
