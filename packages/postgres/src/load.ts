// Many rows into one table, in the tenant's scope: what COPY FROM would do if row security let it.
// Invariant: all rows or none. The next batch is put together while PostgreSQL writes the one before.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import type { TenantTransaction } from "./tenant.ts";

/** A row by column names. */
export type LoadRow = { readonly [column: string]: unknown };

/** Rows, at hand or as they come. */
export type LoadRows = Iterable<LoadRow> | AsyncIterable<LoadRow>;

type Column = { readonly name: string; readonly type: string; readonly flat: boolean };

const batchRowsMax = 5_000;
const batchCharactersMax = 4 * 1024 * 1024;

/**
 * Types without their lengths, and domains as what they are made of: a cast to varchar(5) would cut a value short, where
 * an INSERT refuses it.
 */
const columnsText = `with recursive columns as (
    select a.attname as name, a.atttypid as type from pg_catalog.pg_attribute a
    where a.attrelid = $1::pg_catalog.regclass and a.attnum > 0 and not a.attisdropped
    union all
    select c.name, t.typbasetype from columns c join pg_catalog.pg_type t on t.oid = c.type where t.typtype = 'd')
  select c.name, pg_catalog.format_type(c.type, -1) as type, t.typtype in ('b', 'e') and t.typelem = 0 as flat
  from columns c join pg_catalog.pg_type t on t.oid = c.type where t.typtype <> 'd'`;

/** Inserts the rows within the transaction; returns how many. */
export async function loadRows(
  transaction: TenantTransaction,
  table: string,
  rows: LoadRows,
): Promise<number> {
  const target = pg.escapeIdentifier(table);
  const known = (await transaction.query<Column>(columnsText, [target])).rows;
  let batch: Batch | undefined;
  let sending: Promise<unknown> = Promise.resolve();
  let count = 0;
  const send = async (full: Batch) => {
    await sending;
    sending = transaction.query(full.text, full.arrays());
    // Heard where it is awaited: before the next batch, or at the end.
    sending.catch(() => {});
  };
  for await (const row of rows) {
    batch ??= new Batch(target, columnsOf(table, known, row));
    batch.add(row, count);
    count += 1;
    if (batch.isFull) {
      await send(batch);
      batch = new Batch(target, batch.columns);
    }
  }
  if (batch && !batch.isEmpty) await send(batch);
  await sending;
  return count;
}

/** The columns that the first row names. */
function columnsOf(table: string, known: readonly Column[], row: LoadRow): readonly Column[] {
  const names = Object.keys(row);
  if (names.length === 0) throw refused("the first row names no column");
  return names.map((name) => {
    const column = known.find((each) => each.name === name);
    if (!column) throw refused(`the table ${table} has no column ${name}`);
    return column;
  });
}

/** Rows as one array a column, in the form that PostgreSQL reads. */
class Batch {
  readonly text: string;
  readonly columns: readonly Column[];
  readonly #values: string[][];
  #rows = 0;
  #characters = 0;

  constructor(target: string, columns: readonly Column[]) {
    this.columns = columns;
    this.#values = columns.map(() => []);
    const names = columns.map(({ name }) => pg.escapeIdentifier(name));
    // An array of arrays would be taken apart to its elements: those travel as texts.
    const arrays = columns.map(({ type, flat }, at) => `$${at + 1}::${flat ? type : "text"}[]`);
    const chosen = columns.map(({ type, flat }, at) => (flat ? `v.c${at}` : `v.c${at}::${type}`));
    const aliases = columns.map((_, at) => `c${at}`);
    this.text = `insert into ${target} (${names.join(", ")}) select ${chosen.join(", ")} from unnest(${arrays.join(", ")}) v (${aliases.join(", ")})`;
  }

  get isEmpty(): boolean {
    return this.#rows === 0;
  }

  get isFull(): boolean {
    return this.#rows >= batchRowsMax || this.#characters >= batchCharactersMax;
  }

  add(row: LoadRow, index: number): void {
    for (const [at, { name, type }] of this.columns.entries()) {
      const element = elementOf(row[name], type);
      this.#characters += element.length;
      (this.#values[at] as string[]).push(element);
    }
    for (const name of Object.keys(row))
      if (!this.columns.some((column) => column.name === name))
        throw refused(`row ${index} names ${name}, which the first row does not`);
    this.#rows += 1;
  }

  arrays(): string[] {
    return this.#values.map((values) => `{${values.join(",")}}`);
  }
}

/** One value as an element of an array's text. */
function elementOf(value: unknown, type: string): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return String(value);
  if (typeof value === "string") return quotedElement(value);
  const text = type === "json" || type === "jsonb" ? JSON.stringify(value) : textOf(value);
  return text === null ? "NULL" : quotedElement(text);
}

function textOf(value: unknown): string | null {
  if (Buffer.isBuffer(value)) return `\\x${value.toString("hex")}`;
  const prepared = prepareValue(value);
  return Buffer.isBuffer(prepared) ? `\\x${prepared.toString("hex")}` : prepared;
}

const quotedElement = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

function refused(rule: string): HestiaError {
  return new HestiaError("statement_refused", { rule });
}
