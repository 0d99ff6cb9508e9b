// Writes the platform's table types from a migrated database. What a transaction may name follows from what its role
// may select there, so the types say no more than PostgreSQL allows. tables.test.ts keeps the result current.
import type pg from "pg";

type Column = {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly defaulted: boolean;
  readonly computed: boolean;
  readonly view: boolean;
  readonly tenantSide: boolean;
};

const columnsOf = `
  select c.relname as table, a.attname as column, t.typname as type, c.relkind = 'v' as view,
    not a.attnotnull and c.relkind <> 'v' as nullable,
    a.atthasdef or a.attidentity <> '' as defaulted, a.attgenerated <> '' as computed,
    has_any_column_privilege($1, c.oid, 'select') as "tenantSide"
  from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
  where c.relnamespace = 'platform'::regnamespace and c.relkind in ('r', 'v')
  order by c.relname, a.attnum`;

/** Returns the text of tables.generated.ts for the database; `tenantRole` is the role of tenant transactions. */
export async function describeTables(client: pg.ClientBase, tenantRole: string): Promise<string> {
  const { rows } = await client.query<Column>(columnsOf, [tenantRole]);
  const tables = Map.groupBy(rows, (row) => row.table);
  const names = [...tables.keys()];
  const tenantSide = names.filter((name) => tables.get(name)?.[0]?.tenantSide);
  return [
    "// Generated from the migrated database by tables.test.ts; `npx vitest run tables -u` writes it anew.",
    'import type { JsonValue } from "@hestia/core";',
    'import type { ColumnType, Generated, GeneratedAlways } from "kysely";',
    "",
    ...[...tables].map(([name, columns]) => tableType(name, columns)),
    group("PlatformTables", "What a transaction of the platform may name.", names),
    group("TenantTables", "What a transaction of one tenant may name.", tenantSide),
  ].join("\n");
}

function tableType(name: string, columns: readonly Column[]): string {
  const members = columns.map((column) => `  ${column.column}: ${columnType(column)};`);
  return [`type ${typeName(name)} = {`, ...members, "};", ""].join("\n");
}

function columnType({ type, nullable, defaulted, computed, view }: Column): string {
  const scalar = scalars[type];
  if (scalar === undefined)
    throw new Error(`no TypeScript type is known for the PostgreSQL type ${type}`);
  const value = nullable ? `${scalar} | null` : scalar;
  // pg would send an array as a PostgreSQL array: JSON goes out as text.
  const sent = type === "jsonb" ? `string${nullable ? " | null" : ""}` : value;
  if (view) return `ColumnType<${value}, never, never>`;
  if (computed) return `GeneratedAlways<${value}>`;
  if (type === "jsonb")
    return `ColumnType<${value}, ${defaulted || nullable ? `${sent} | undefined` : sent}, ${sent}>`;
  return defaulted ? `Generated<${value}>` : value;
}

const scalars: Readonly<Record<string, string>> = {
  uuid: "string",
  text: "string",
  int2: "number",
  int4: "number",
  // Beyond what a JavaScript number can hold, so pg gives a text.
  int8: "string",
  float4: "number",
  float8: "number",
  bool: "boolean",
  bytea: "Buffer",
  timestamptz: "Date",
  jsonb: "JsonValue",
};

function group(name: string, meaning: string, tables: readonly string[]): string {
  const members = tables.map((table) => `  ${table}: ${typeName(table)};`);
  return [`/** ${meaning} */`, `export type ${name} = {`, ...members, "};", ""].join("\n");
}

function typeName(table: string): string {
  return table.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
