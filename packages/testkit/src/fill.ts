// Rows for two tenants in every table, parents before children. As the tenant itself where it can be done; where tables
// refer to each other in a circle that no insert can begin, as the administrator with triggers and keys at rest.
// Invariant: a table that stays empty is told of, since nothing was proven about it.

import type { Tenant } from "@hestia/postgres";
import pg from "pg";
import type { Catalogue, Column, Reference, Table } from "./catalogue.ts";
import { draftRow, type GivenValues, type TextRow, writable } from "./drafts.ts";

/** A table with what stands in it for one tenant. */
export type FilledTable = {
  readonly table: Table;
  readonly rows: readonly TextRow[];
  /** A row that would fit, and was not inserted. */
  readonly spare: TextRow;
};

/** What came of filling. */
export type Filled = {
  /** What stands in the texts of the tenant's rows, and of nobody else's. */
  readonly token: string;
  readonly tables: readonly FilledTable[];
  /** Tables that took no row, and why. */
  readonly empty: readonly { readonly table: string; readonly reason: string }[];
};

/** Whom the rows are for. */
export type FillOptions = {
  /** The administrator, in the tenant's database, with a search path that finds the place. */
  readonly admin: pg.Client;
  readonly tenant: Tenant;
  readonly place: string;
  readonly catalogue: Catalogue;
  readonly token: string;
  /** Where the numbers of this tenant begin. */
  readonly seed: number;
  readonly given?: GivenValues | undefined;
};

const rowsWanted = 2;
const attemptsMax = 8;

/** Fills every table of the place. */
export async function fillTables(options: FillOptions): Promise<Filled> {
  const parents = await sharedRows(options);
  const empty: { table: string; reason: string }[] = [];
  const own = options.catalogue.tables.filter(
    ({ schema, isPartition }) => schema === options.place && !isPartition,
  );
  for (const table of inOrder(own)) {
    const reason = await fillTable(options, table, parents);
    parents.set(nameOf(table), [...(await readRows(options, table))]);
    if (reason !== undefined) empty.push({ table: table.name, reason });
  }
  await closeCircles(options, own, parents);
  const tables: FilledTable[] = [];
  for (const table of own) {
    const rows = await readRows(options, table);
    const { token, seed, given } = options;
    const spare = await draftRow(options.admin, table, {
      ...{ token, given, parents },
      seed: seed + 900,
    });
    if (rows.length > 0) tables.push({ table, rows, spare });
  }
  return { token: options.token, tables, empty };
}

const nameOf = ({ schema, name }: { schema: string; name: string }) => `${schema}.${name}`;

/** Tables after those that they refer to; of a circle first what may refer to nothing. */
function inOrder(tables: readonly Table[]): Table[] {
  const waiting = new Set(tables);
  const ordered: Table[] = [];
  const isFree = (table: Table, mayBeNull: boolean) =>
    table.references.every(
      (reference) =>
        ![...waiting].some((other) => other !== table && pointsAt(reference, other)) ||
        (mayBeNull && isOptional(table, reference)),
    );
  while (waiting.size > 0) {
    const rest = [...waiting];
    const next =
      rest.find((table) => isFree(table, false)) ??
      rest.find((table) => isFree(table, true)) ??
      (rest[0] as Table);
    waiting.delete(next);
    ordered.push(next);
  }
  return ordered;
}

const pointsAt = ({ schema, table }: Reference, other: Table) =>
  schema === other.schema && table === other.name;

/** Whether a row may do without what the reference points at. */
export const isOptional = (table: Table, { columns }: Reference) =>
  columns.some((name) => table.columns.find((column) => column.name === name)?.notNull === false);

async function fillTable(
  options: FillOptions,
  table: Table,
  parents: ReadonlyMap<string, readonly TextRow[]>,
): Promise<string | undefined> {
  let made = 0;
  let reason: string | undefined;
  for (let attempt = 0; made < rowsWanted && attempt < attemptsMax; attempt++) {
    const { token, given } = options;
    const seed = options.seed + attempt;
    const row = await draftRow(options.admin, table, { token, given, parents, seed });
    reason = (await insertAsTenant(options, table, row)) ?? undefined;
    if (reason !== undefined && made === 0)
      reason = await insertAsAdministrator(options, table, row, reason);
    if (reason === undefined) made += 1;
  }
  return made > 0 ? undefined : (reason ?? "no row could be drafted");
}

async function insertAsTenant({ tenant, place }: FillOptions, table: Table, row: TextRow) {
  const { columns, values } = listed(table, row);
  const target = `${pg.escapeIdentifier(place)}.${pg.escapeIdentifier(table.name)}`;
  try {
    await tenant.query(
      columns.length === 0
        ? `insert into ${target} default values`
        : `insert into ${target} (${columns.join(", ")}) values (${values.join(", ")})`,
    );
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Foreign keys and triggers at rest: for circles of keys that are never empty, and triggers that want more than a row. */
async function insertAsAdministrator(
  { admin, tenant, place }: FillOptions,
  table: Table,
  row: TextRow,
  reason: string,
): Promise<string | undefined> {
  const { columns, values } = listed(table, row);
  const target = `${pg.escapeIdentifier(place)}.${pg.escapeIdentifier(table.name)}`;
  const toItself = table.references
    .filter((reference) => pointsAt(reference, table) && !isOptional(table, reference))
    .map(({ columns: names, targetColumns }) => {
      const changes = names.map(
        (name, at) =>
          `${pg.escapeIdentifier(name)} = ${pg.escapeIdentifier(targetColumns[at] ?? "")}`,
      );
      return `update ${target} set ${changes.join(", ")} where tenant_id = '${tenant.id}';`;
    });
  try {
    await admin.query(`begin; set local session_replication_role = replica;
      insert into ${target} (${["tenant_id", ...columns].join(", ")})
        values (${[`'${tenant.id}'`, ...values].join(", ")}); ${toItself.join(" ")} commit`);
    return undefined;
  } catch {
    await admin.query("rollback");
    return reason;
  }
}

/** Columns and values as they stand in a statement. */
export function listed(
  table: Table,
  row: TextRow,
  always = false,
): { columns: string[]; values: string[] } {
  const known = [...writable(table), ...(always ? identities(table) : [])].filter(
    ({ name }) => row[name] !== undefined,
  );
  return {
    columns: known.map(({ name }) => pg.escapeIdentifier(name)),
    values: known.map(({ name }) => literalOf(row[name])),
  };
}

/** Columns that are numbered always; a statement may say otherwise. */
export const identities = ({ columns }: Table): Column[] =>
  columns.filter(({ identity }) => identity === "a");

/** A value as SQL, without a type: PostgreSQL takes that of the column. */
export const literalOf = (value: string | null | undefined): string =>
  value === null || value === undefined ? "null" : pg.escapeLiteral(value);

/** What stands in a table for the tenant, each value as PostgreSQL writes it. */
async function readRows(
  { admin, tenant, place }: FillOptions,
  table: Table,
): Promise<readonly TextRow[]> {
  const columns = table.columns.map(({ name }) => {
    const column = pg.escapeIdentifier(name);
    return `${column}::text as ${column}`;
  });
  const { rows } = await admin.query<TextRow>(
    `select ${columns.join(", ")} from ${pg.escapeIdentifier(place)}.${pg.escapeIdentifier(table.name)}
     where tenant_id = '${tenant.id}'`,
  );
  return rows;
}

/** Rows of the shared tables, which tenants' rows may refer to. */
async function sharedRows({ admin, catalogue }: FillOptions): Promise<Map<string, TextRow[]>> {
  const parents = new Map<string, TextRow[]>();
  for (const { schema, name, columns } of catalogue.tables) {
    if (schema !== "shared") continue;
    const list = columns.map((column) => {
      const quoted = pg.escapeIdentifier(column.name);
      return `${quoted}::text as ${quoted}`;
    });
    const { rows } = await admin.query<TextRow>(
      `select ${list.join(", ")} from shared.${pg.escapeIdentifier(name)} limit 5`,
    );
    parents.set(`${schema}.${name}`, rows);
  }
  return parents;
}

/** References that were left empty, because their target had no rows yet. */
async function closeCircles(
  { tenant, place }: FillOptions,
  tables: readonly Table[],
  parents: ReadonlyMap<string, readonly TextRow[]>,
): Promise<void> {
  for (const table of tables)
    for (const { schema, table: target, columns, targetColumns } of table.references) {
      const parent = parents.get(`${schema}.${target}`)?.[0];
      const isOpen = parents.get(nameOf(table))?.[0]?.[columns[0] ?? ""] === null;
      if (!parent || !isOpen) continue;
      const changes = columns.map(
        (name, at) =>
          `${pg.escapeIdentifier(name)} = ${literalOf(parent[targetColumns[at] ?? ""])}`,
      );
      // One that a check refuses stays empty; its key is attacked with the values that it has.
      await tenant
        .query(
          `update ${pg.escapeIdentifier(place)}.${pg.escapeIdentifier(table.name)} set ${changes.join(", ")}`,
        )
        .catch(() => {});
    }
}
