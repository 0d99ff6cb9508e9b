// Files that cannot touch isolation: columns of built-in types added to a table, with constants at most as defaults. They
// make no relation, key, index or right and run no code of anybody's, so there is nothing to settle behind them.

import type { MigrationFile } from "./migration-files.ts";
import { isUntransacted } from "./untransacted-text.ts";

const name = '(?:[a-z_][a-z0-9_]*|"[^"]+")';
const type =
  "(?:text|varchar|character varying|char|boolean|bool|smallint|int2|integer|int|int4|bigint|int8|numeric|decimal|real|float4|double precision|float8|date|time|timestamp|timestamptz|timestamp with time zone|interval|uuid|json|jsonb|bytea|inet|cidr)";
const sized = `${type}(?:\\s*\\(\\s*\\d+\\s*(?:,\\s*\\d+\\s*)?\\))?(?:\\s*\\[\\s*\\])?`;
const constant = `(?:-?\\d+(?:\\.\\d+)?|true|false|null|'(?:[^'\\\\]|'')*'(?:\\s*::\\s*${sized})?)`;
const column = `add\\s+(?:column\\s+)?(?:if\\s+not\\s+exists\\s+)?(?!"?tenant_id\\b)(?!(?:constraint|primary|unique|foreign|check|exclude|not)\\b)${name}\\s+${sized}(?:\\s+(?:not\\s+null|null|default\\s+${constant}))*`;
const statement = `\\s*alter\\s+table\\s+(?:if\\s+exists\\s+)?${name}\\s+${column}(?:\\s*,\\s*${column})*\\s*`;
const plain = new RegExp(`^(?:${statement};)*(?:${statement};?)\\s*$`, "i");

/** Longer ones are not worth looking at: the rest of them would be slow anyway. */
const charsMax = 4_000;

/** Whether nothing has to be settled after the file. */
export function isPlain({ sql, set }: Pick<MigrationFile, "sql" | "set">): boolean {
  if (set !== "tenant" || sql.length > charsMax || isUntransacted(sql)) return false;
  return plain.test(withoutComments(sql));
}

// Comments on lines of their own are all that such files have; any other makes the file one that is settled.
const withoutComments = (sql: string) => sql.replaceAll(/^[ \t]*--.*$/gm, "");
