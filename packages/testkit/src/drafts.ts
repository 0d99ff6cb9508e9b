// Rows that a table would take: values for each column, parents chosen among rows that are there, checks satisfied.
// PostgreSQL is asked what satisfies a check; nothing here reads SQL expressions further than for their literals.

import pg from "pg";
import type { Check, Column, Table } from "./catalogue.ts";
import { candidatesOf, valuesWithin } from "./values.ts";

/** A row as texts, as PostgreSQL reads and writes them. */
export type TextRow = Readonly<Record<string, string | null>>;

/** Values of the caller's own for columns, by table. */
export type GivenValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a row is drafted from. */
export type DraftOptions = {
  readonly seed: number;
  /** Stands in every text that has room for it, so that a leak is recognised. */
  readonly token: string;
  /** The rows that may be referred to, by `schema.table`. */
  readonly parents: ReadonlyMap<string, readonly TextRow[]>;
  readonly given?: GivenValues | undefined;
};

/** A client of the administrator's, whose search path finds what checks call. */
type Asked = Pick<pg.Client, "query">;

/** Columns that a statement writes: not the tenant's, and not those that PostgreSQL fills. */
export const writable = (table: Table): Column[] =>
  table.columns.filter(
    ({ name, generated, identity }) => name !== "tenant_id" && !generated && identity !== "a",
  );

/** Drafts a row; columns that nothing is known for are left out, and take their default. */
export async function draftRow(
  client: Asked,
  table: Table,
  options: DraftOptions,
): Promise<TextRow> {
  const row: Record<string, string | null> = { ...referring(table, options) };
  Object.assign(row, options.given?.[table.name]);
  const open = writable(table).filter(({ name }) => !(name in row));
  for (const group of groupsOf(open, table.checks)) {
    const lists = new Map<Column, (string | null)[]>();
    for (const column of group.columns)
      lists.set(column, await validFor(client, column, table, options));
    Object.assign(row, await satisfying(client, { table, group, lists, row }));
  }
  referToItself(table, row);
  return row;
}

/** Columns of foreign keys take a parent's values; those that several keys share follow the first. */
function referring(table: Table, { parents, seed }: DraftOptions): Record<string, string | null> {
  const row: Record<string, string | null> = {};
  for (const { schema, table: target, columns, targetColumns } of table.references) {
    const rows = parents.get(`${schema}.${target}`) ?? [];
    const fitting = rows.filter((parent) =>
      columns.every((name, at) => !(name in row) || row[name] === parent[targetColumns[at] ?? ""]),
    );
    const parent = fitting[seed % Math.max(fitting.length, 1)];
    for (const [at, name] of columns.entries()) {
      if (parent) row[name] ??= parent[targetColumns[at] ?? ""] ?? null;
      else if (isNullable(table, columns)) row[name] ??= null;
    }
  }
  return row;
}

const isNullable = (table: Table, names: readonly string[]) =>
  names.some((name) => table.columns.find((column) => column.name === name)?.notNull === false);

/** A table whose rows must refer to a row of the same table: the first refers to itself. */
function referToItself(table: Table, row: Record<string, string | null>): void {
  for (const { schema, table: target, columns, targetColumns } of table.references) {
    if (schema !== table.schema || target !== table.name || isNullable(table, columns)) continue;
    const own = targetColumns.map((name) => row[name]);
    if (own.some((value) => value === undefined)) continue;
    for (const [at, name] of columns.entries())
      if (!(name in row) || row[name] === null) row[name] = own[at] ?? null;
  }
}

type Group = { readonly columns: readonly Column[]; readonly checks: readonly Check[] };

/** Columns that a check speaks of together are chosen together. */
function groupsOf(columns: readonly Column[], checks: readonly Check[]): Group[] {
  let groups: { names: Set<string>; checks: Check[] }[] = columns.map(({ name }) => ({
    names: new Set([name]),
    checks: [],
  }));
  for (const check of checks) {
    const touched = groups.filter(({ names }) => check.columns.some((name) => names.has(name)));
    if (touched.length === 0) continue;
    const names = new Set(touched.flatMap((group) => [...group.names]));
    const joined = { names, checks: [...touched.flatMap((group) => group.checks), check] };
    groups = [...groups.filter((group) => !touched.includes(group)), joined];
  }
  return groups.map((group) => ({
    columns: columns.filter(({ name }) => group.names.has(name)),
    checks: group.checks,
  }));
}

/** The candidates that PostgreSQL takes for the column's type and domain. */
async function validFor(
  client: Asked,
  column: Column,
  table: Table,
  { seed, token }: DraftOptions,
): Promise<(string | null)[]> {
  const hints = table.checks
    .filter(({ columns }) => columns.includes(column.name))
    .map(({ expression }) => expression);
  const bounds = table.partitionColumns.includes(column.name) ? table.bounds : [];
  const candidates = [
    ...bounds.flatMap((bound) => valuesWithin(bound, seed)),
    ...candidatesOf(column, seed, token, hints),
  ];
  const isPlain = hints.length + bounds.length + column.domainChecks.length === 0;
  const valid: (string | null)[] = [];
  for (const candidate of candidates) {
    if (candidate === null || (await isValid(client, candidate, column.type)))
      valid.push(candidate);
    if (isPlain && valid.length > 0) break;
  }
  return valid;
}

async function isValid(client: Asked, value: string, type: string): Promise<boolean> {
  try {
    await client.query(`select $1::text::${type}`, [value]);
    return true;
  } catch {
    return false;
  }
}

const combinationsMax = [40, 40, 16, 8, 5];

/** The first combination that no check refuses; the first at all where the checks cannot be asked. */
async function satisfying(
  client: Asked,
  asked: {
    table: Table;
    group: Group;
    lists: ReadonlyMap<Column, (string | null)[]>;
    row: TextRow;
  },
): Promise<Record<string, string | null>> {
  const { group, lists, row, table } = asked;
  const known = [...lists].filter(([, values]) => values.length > 0);
  const first = Object.fromEntries(known.map(([{ name }, [value]]) => [name, value ?? null]));
  if (group.checks.length === 0 || known.length === 0) return first;
  const max = combinationsMax[known.length] ?? 3;
  const from = known.map(
    (_, at) => `unnest($${at + 1}::text[]) with ordinality as a${at} (v${at}, o${at})`,
  );
  const fixed = table.columns.filter(({ name }) => typeof row[name] === "string");
  const typed = [
    ...known.map(([{ name, type }], at) => `v${at}::${type} as ${pg.escapeIdentifier(name)}`),
    ...fixed.map(
      ({ name, type }) =>
        `${pg.escapeLiteral(row[name] ?? "")}::${type} as ${pg.escapeIdentifier(name)}`,
    ),
  ];
  const rules = group.checks.map(({ expression }) => `(${expression}) is not false`);
  const text = `select ${known.map((_, at) => `v${at}`).join(", ")} from ${from.join(", ")}
    where (select ${rules.join(" and ")} from (select ${typed.join(", ")}) row_of_it)
    order by ${known.map((_, at) => `o${at}`).join(" + ")} limit 1`;
  try {
    const { rows } = await client.query<Record<string, string | null>>(
      text,
      known.map(([, values]) => values.slice(0, max)),
    );
    const found = rows[0];
    if (!found) return first;
    return Object.fromEntries(known.map(([{ name }], at) => [name, found[`v${at}`] ?? null]));
  } catch {
    // A check over columns that PostgreSQL fills, or one that fails for some candidate: the insert will tell.
    return first;
  }
}
