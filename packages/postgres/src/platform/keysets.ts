// Pages by keyset: a list is ordered by one column and then by its unique id, and a cursor holds both of the last row.
// A cursor's keys come from the client: what the column could not hold is `cursor_invalid`, never an SQL error.
import {
  type CursorBinding,
  type CursorKey,
  decodeCursor,
  encodeCursor,
  HestiaError,
  isUuid,
  makePage,
  type Page,
} from "@hestia/core";
import { type RawBuilder, type SqlBool, sql } from "kysely";

/** The order of a list. */
export type Keyset = {
  /** The column, with its table before it. */
  readonly column: string;
  /** The unique id that decides between equals, with its table before it. */
  readonly id: string;
  readonly kind: "time" | "text";
  readonly descending: boolean;
};

/** What a client asked for. */
export type PageRequest = { readonly limit: number; readonly cursor?: string | undefined };

/** Returns the condition on rows after the cursor; without a cursor it holds for all. */
export function afterCursor(
  keyset: Keyset,
  { cursor }: PageRequest,
  binding: CursorBinding,
): RawBuilder<SqlBool> {
  if (cursor === undefined) return sql<SqlBool>`true`;
  const [key, id] = decodeCursor(cursor, binding, 2);
  if (!isKeyOf(keyset.kind, key) || typeof id !== "string" || !isUuid(id))
    throw new HestiaError("cursor_invalid");
  const comparison = sql.raw(keyset.descending ? "<" : ">");
  const type = sql.raw(keyset.kind === "time" ? "timestamptz" : "text");
  return sql<SqlBool>`(${sql.ref(keyset.column)}, ${sql.ref(keyset.id)}) ${comparison} (${key}::${type}, ${id}::uuid)`;
}

/** Returns the ORDER BY that the cursor relies on. */
export function keysetOrder({ column, id, descending }: Keyset): RawBuilder<unknown> {
  const direction = sql.raw(descending ? "desc" : "asc");
  return sql`${sql.ref(column)} ${direction}, ${sql.ref(id)} ${direction}`;
}

/** Makes the page from rows of which one more than the limit was asked for. */
export function pageOfRows<Item>(
  items: readonly Item[],
  { limit }: PageRequest,
  binding: CursorBinding,
  keysOf: (item: Item) => readonly [Date | string, string],
): Page<Item> {
  return makePage(items, {
    limit,
    cursorAfter: (last) => {
      const [key, id] = keysOf(last);
      return encodeCursor(binding, [typeof key === "string" ? key : key.toISOString(), id]);
    },
  });
}

function isKeyOf(kind: Keyset["kind"], key: CursorKey | undefined): key is string {
  return typeof key === "string" && (kind === "text" || isTime(key));
}

// Only as it is written here: a day that no calendar has, or the year 0, is an error to PostgreSQL.
function isTime(key: string): boolean {
  const time = Date.parse(key);
  return !Number.isNaN(time) && new Date(time).toISOString() === key && /^(?!0000)\d{4}-/.test(key);
}
