// What to do about an index that row security makes useless: mark what may be marked, or keep what is searched for in
// a column whose operators are leakproof. A cure keeps the index's name and its tenant in front.

import { literal, quoted } from "../cluster/identifiers.ts";
import { markable, markLeakproof } from "./leakproof.ts";

/** One key column of an index, and what a search by it would call. */
export type IndexColumn = {
  /** Qualified. */
  readonly index: string;
  readonly table: string;
  readonly name: string;
  readonly schema: string;
  readonly definition: string;
  /** The column or the expression. */
  readonly column: string;
  /** Whether a constraint stands on it. */
  readonly constrains: boolean;
  readonly comment: string;
  readonly pattern: boolean;
  readonly type: string;
  /** Functions of the expression that are not leakproof. */
  readonly leakyFunctions: readonly string[];
  /** Names of the operators that are not leakproof. */
  readonly operators: readonly string[];
  readonly functions: readonly string[];
  readonly leakyOperators: readonly string[];
};

/** Marks the expression's functions where all may be, or moves the expression into a column. */
export function cureExpression(column: IndexColumn, superuser: boolean): string {
  const moved = moveExpression(column);
  if (!superuser || !column.leakyFunctions.every((each) => markable.has(each))) return moved;
  return `${column.leakyFunctions.map(markLeakproof).join("\n")}\n${asComment("or, without a superuser:", moved)}`;
}

function moveExpression({ index, table, name, column, type, definition }: IndexColumn): string {
  const added = quoted(`${name.slice(0, 59)}_key`);
  return [
    `drop index ${index};`,
    `alter table ${table} add column ${added} ${type} generated always as (${column}) stored;`,
    `${definition.replace(column, () => added)};`,
    `-- In queries compare ${added} instead of ${column}.`,
  ].join("\n");
}

/** Writes down that queries use what can use it. */
export function curePattern({ index, column }: IndexColumn): string {
  return [
    `-- In queries write starts_with(${column}, 'abc') instead of ${column} like 'abc%'; then note it:`,
    `comment on index ${index} is ${literal("for starts_with()")};`,
  ].join("\n");
}

/** Marks the operators' functions where they may be; otherwise only the index's end is a cure. */
export function cureOperators(each: IndexColumn): string {
  const marks = each.leakyOperators.filter((name) => markable.has(name)).map(markLeakproof);
  if (marks.length === 0)
    return `-- Keep what is searched for in columns of plain types, with an index of their own.\ndrop index ${each.index};`;
  return `${marks.join("\n")}\n${asComment("or, without a superuser:", otherType(each))}`;
}

function otherType({ table, column, type, leakyOperators }: IndexColumn): string {
  const change = `alter table ${table} alter column ${column} type`;
  if (type.startsWith("numeric")) return `${change} bigint using (${column} * 100)::bigint;`;
  if (leakyOperators.some((each) => each.startsWith("enum_")))
    return `${change} text using ${column}::text;`;
  return "keep what is searched for in a column or table of its own, of a plain type.";
}

const asComment = (intro: string, text: string) =>
  [intro, ...text.split("\n")].map((line) => `-- ${line.replace(/^-- /, "")}`).join("\n");
