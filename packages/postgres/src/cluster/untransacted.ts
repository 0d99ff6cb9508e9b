// Applies a migration that no transaction can hold. Its row in the ledger is written after it, so whoever finds no row
// looks first for what a failed or killed attempt has left: an index half made is dropped, one that was made is kept.

import type pg from "pg";
import { inTransaction } from "./admin.ts";
import { literal, quoted } from "./identifiers.ts";
import type { MigrationFile } from "./migration-files.ts";
import { cleanSession, type MigrationTarget, recorded } from "./migration-target.ts";
import { type Untransacted, untransactedOf } from "./untransacted-text.ts";

/** It keeps nobody from reading or writing while it waits for older transactions to end. */
const waitMs = 60_000;

/** What came of it; throws what PostgreSQL says, and an error of class 55P03 while another runner is at the same file. */
export async function runUntransacted(
  client: pg.ClientBase,
  file: MigrationFile,
  target: MigrationTarget,
): Promise<"applied" | "there"> {
  const statement = untransactedOf(file.sql, file.set);
  await client.query(cleanSession);
  try {
    await takeTurn(client, file, target);
    if (await recorded(client, file, target)) return "there";
    const isMade = await begin(client, file, { target, statement });
    if (!isMade) await send(client, statement, target);
    await finish(client, file, { target, statement });
    return "applied";
  } finally {
    // Ends the turn too; a connection that is gone has ended it already.
    await client.query(cleanSession).catch(() => {});
  }
}

async function takeTurn(
  client: pg.ClientBase,
  file: MigrationFile,
  { place }: MigrationTarget,
): Promise<void> {
  const { rows } = await client.query<{ mine: boolean }>(
    "select pg_try_advisory_lock(hashtextextended($1, 0)) as mine",
    [`hestia migration ${place} ${file.set} ${file.name}`],
  );
  if (rows[0]?.mine) return;
  throw Object.assign(new Error("another runner applies it at this moment"), { code: "55P03" });
}

type Work = { readonly target: MigrationTarget; readonly statement: Untransacted };

/** Clears away what earlier attempts left; true when one of them made the index before its runner died. */
async function begin(
  client: pg.ClientBase,
  file: MigrationFile,
  { target, statement }: Work,
): Promise<boolean> {
  const key = [target.place, file.set, file.name];
  const { rows } = await client.query<{ checksum: string; makes: string | null }>(
    "select checksum, makes from hestia.migration_attempts where place = $1 and set = $2 and name = $3",
    key,
  );
  const earlier = rows[0];
  await dropLeftovers(client, target, [statement.makes, earlier?.makes ?? undefined]);
  if (statement.remakes !== undefined) await dropCopies(client, target);
  if (earlier?.checksum === file.checksum && (await isIndex(client, target, statement.makes)))
    return true;
  await client.query(
    `insert into hestia.migration_attempts (place, set, name, checksum, makes) values ($1, $2, $3, $4, $5)
     on conflict (place, set, name) do update set checksum = excluded.checksum, makes = excluded.makes, began_at = now()`,
    [...key, file.checksum, statement.makes ?? null],
  );
  return false;
}

async function isIndex(
  client: pg.ClientBase,
  { place }: MigrationTarget,
  name: string | undefined,
): Promise<boolean> {
  if (name === undefined) return false;
  const { rowCount } = await client.query(
    `select from pg_class c join pg_index x on x.indexrelid = c.oid
     where c.relnamespace = $1::regnamespace and c.relname = $2 and x.indisvalid`,
    [quoted(place), name],
  );
  return rowCount === 1;
}

async function dropLeftovers(
  client: pg.ClientBase,
  { place }: MigrationTarget,
  names: readonly (string | undefined)[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_index x on x.indexrelid = c.oid
     where c.relnamespace = $1::regnamespace and not x.indisvalid and c.relkind = 'i' and c.relname = any ($2)`,
    [quoted(place), names.filter((each) => each !== undefined)],
  );
  await dropInvalid(client, place, rows);
}

/** What REINDEX CONCURRENTLY leaves when it fails: copies of which PostgreSQL says that they are to be dropped. */
async function dropCopies(client: pg.ClientBase, { place }: MigrationTarget): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_index x on x.indexrelid = c.oid
     where c.relnamespace = $1::regnamespace and not x.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'`,
    [quoted(place)],
  );
  await dropInvalid(client, place, rows);
}

async function dropInvalid(
  client: pg.ClientBase,
  place: string,
  found: readonly { name: string }[],
): Promise<void> {
  await client.query(`set lock_timeout = ${waitMs}`);
  for (const { name } of found)
    await client.query(`drop index concurrently if exists ${quoted(place)}.${quoted(name)}`);
}

async function send(
  client: pg.ClientBase,
  statement: Untransacted,
  target: MigrationTarget,
): Promise<void> {
  const { place, roles, tenantId = "" } = target;
  const path = place === "shared" ? "shared, extensions" : `${quoted(place)}, shared, extensions`;
  await client.query(`set statement_timeout = 0; set lock_timeout = ${waitMs};
    set search_path = ${path}; set hestia.tenant = ${literal(tenantId)}; set role ${quoted(roles.owner)}`);
  try {
    await client.query(statement.text);
  } catch (error) {
    await client.query("reset role").catch(() => {});
    // At once where that can be done; else before the next attempt.
    await dropLeftovers(client, target, [statement.makes]).catch(() => {});
    throw error;
  }
  await client.query("reset role; reset search_path");
}

/** The ledger's row, unless what was made is not isolated. */
async function finish(
  client: pg.ClientBase,
  file: MigrationFile,
  { target, statement }: Work,
): Promise<void> {
  const key = [target.place, file.set, file.name];
  await inTransaction(client, async () => {
    if (file.set === "tenant" && statement.makes !== undefined)
      await client.query("select hestia.prove($1, null)", [target.place]);
    await client.query(
      `insert into hestia.migrations (place, set, name, checksum, duration_ms)
       select $1, $2, $3, $4, greatest(0, 1000 * extract(epoch from clock_timestamp() - coalesce(max(a.began_at), clock_timestamp())))
       from hestia.migration_attempts a where a.place = $1 and a.set = $2 and a.name = $3`,
      [...key, file.checksum],
    );
    await client.query(
      "delete from hestia.migration_attempts where place = $1 and set = $2 and name = $3",
      key,
    );
  });
}
