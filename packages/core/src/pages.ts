// Keyset pages and their cursors. A cursor is opaque, and bound to the order and the filter of the
// list that made it: used with any other it is `cursor_invalid`, as is whatever else a client sends.
import { HestiaError } from "./errors.ts";
import { canonicalJson, type JsonObject } from "./json.ts";

/** One page of a list; without `nextCursor` it is the last. */
export type Page<Item> = {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
};

/** A value of the keys that a list is ordered by; times as text, in the precision of the column. */
export type CursorKey = string | number | null;

/** What a cursor is bound to. */
export type CursorBinding = {
  /** The order, such as `-createdAt`. */
  readonly sort: string;
  /** Everything that narrows the list; not its page size. */
  readonly filter: JsonObject;
};

const version = 1;

/** Makes the cursor that continues after the row with these keys. */
export function encodeCursor(binding: CursorBinding, keys: readonly CursorKey[]): string {
  return toBase64Url(JSON.stringify([version, fingerprint(binding), ...keys]));
}

/**
 * Returns the keys to continue after, or throws `cursor_invalid`.
 *
 * `keyCount` is how many keys the list is ordered by, the last of them unique.
 */
export function decodeCursor(
  cursor: string,
  binding: CursorBinding,
  keyCount: number,
): readonly CursorKey[] {
  const read = readCursor(cursor);
  if (read?.fingerprint !== fingerprint(binding) || read.keys.length !== keyCount)
    throw new HestiaError("cursor_invalid");
  return read.keys;
}

/** Makes a page from the rows of a query that asked for one more than the limit. */
export function makePage<Item>(
  rows: readonly Item[],
  { limit, cursorAfter }: { limit: number; cursorAfter: (last: Item) => string },
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: cursorAfter(last) }
    : { items };
}

function readCursor(cursor: string): { fingerprint: string; keys: CursorKey[] } | undefined {
  try {
    const value: unknown = JSON.parse(fromBase64Url(cursor));
    if (!Array.isArray(value)) return undefined;
    const [readVersion, readFingerprint, ...keys] = value;
    if (readVersion !== version || !keys.every(isKey)) return undefined;
    return { fingerprint: String(readFingerprint), keys };
  } catch {
    return undefined;
  }
}

function isKey(value: unknown): value is CursorKey {
  // U+0000 is no PostgreSQL text: it must not reach a statement.
  return (
    value === null ||
    (typeof value === "string" && !value.includes("\u0000") && value.isWellFormed()) ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

// FNV-1a over the canonical text. It guards against mistakes, not against forgery: a forged cursor
// shows nothing that the list itself would not.
function fingerprint({ sort, filter }: CursorBinding): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(canonicalJson([sort, filter])))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(36);
}

function toBase64Url(text: string): string {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return btoa(binary.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): string {
  if (!/^[\w-]+$/.test(text)) throw new TypeError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
