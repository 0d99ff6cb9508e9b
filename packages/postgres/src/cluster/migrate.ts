// Applies an application's migrations to one partition: each file in one transaction with its isolation and its ledger row.
// Invariant: a file that leaves a table neither isolated nor shared changes nothing, and two runners never apply one twice.

import { setTimeout as delay } from "node:timers/promises";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { inTransaction } from "./admin.ts";
import { literal, quoted, type Roles } from "./identifiers.ts";
import { isContention, migrationFailure } from "./migration-failure.ts";
import {
  checkOrder,
  checkText,
  type MigrationFile,
  type MigrationSet,
  pathOf,
} from "./migration-files.ts";
import { runScript } from "./script.ts";

/** Where migrations are applied: a schema of the database that the client is in. */
export type MigrationTarget = {
  readonly place: string;
  readonly set: MigrationSet;
  readonly roles: Roles;
  /** The tenant whose own partition it is; columns of existing rows default to it. */
  readonly tenantId?: string | undefined;
  readonly patience?: Patience | undefined;
};

/** How long a migration waits for locks: while it waits for a table, everyone else waits behind it. */
export type Patience = {
  readonly lockTimeoutMs: number;
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly pauseMs: number;
};

/** Longer in sum than the longest statement of a tenant. */
const patienceDefault: Patience = { lockTimeoutMs: 2_000, attempts: 8, pauseMs: 500 };
const pauseMsMax = 5_000;

/** How long one runner waits for another that applies the same file. */
const otherRunnerMs = 600_000;

/** Told after each file: how many are done of how many. */
export type OnFile = (done: number, total: number, name: string) => void;

/** Applies what the target's ledger lacks, in the order of the names; returns the names applied. */
export async function applyMigrations(
  client: pg.ClientBase,
  files: readonly MigrationFile[],
  target: MigrationTarget,
  onFile: OnFile = () => {},
): Promise<string[]> {
  const wanted = files
    .filter((file) => file.set === target.set)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const todo = await missing(client, wanted, target);
  for (const file of todo) checkText(file);
  const applied: string[] = [];
  for (const [index, file] of todo.entries()) {
    if (await applyOne(client, file, target)) applied.push(file.name);
    onFile(index + 1, todo.length, file.name);
  }
  // What a file has left in the session is not for whoever has the connection next.
  if (todo.length > 0) await client.query(cleanSession);
  return applied;
}

/** As DISCARD ALL, but the plans of Hestia's own functions stay. */
const cleanSession =
  "close all; reset all; deallocate all; unlisten *; select pg_advisory_unlock_all(); discard sequences; discard temp";

async function missing(
  client: pg.ClientBase,
  wanted: MigrationFile[],
  target: MigrationTarget,
): Promise<MigrationFile[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    "select name, checksum from hestia.migrations where place = $1 and set = $2",
    [target.place, target.set],
  );
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  for (const file of wanted) {
    const checksum = applied.get(file.name);
    if (checksum !== undefined && checksum !== file.checksum)
      throw new HestiaError("migration_changed", { file: pathOf(file) });
  }
  const names = new Set(wanted.map((file) => file.name));
  const lost = rows.find((row) => !names.has(row.name));
  if (lost) throw new HestiaError("migration_missing", { file: `${target.set}/${lost.name}` });
  const todo = wanted.filter((file) => !applied.has(file.name));
  checkOrder(
    todo,
    rows.map(({ name }) => ({ set: target.set, name })),
  );
  return todo;
}

/** False when another runner has applied it meanwhile. */
async function applyOne(
  client: pg.ClientBase,
  file: MigrationFile,
  target: MigrationTarget,
): Promise<boolean> {
  const { attempts, pauseMs } = target.patience ?? patienceDefault;
  let unforced = false;
  for (let attempt = 1; ; ) {
    const failure = await attemptFile(client, file, { ...target, unforced });
    if (failure === undefined) return true;
    const { error, completed } = failure;
    if (await recorded(client, file, target)) return false;
    if (!unforced && (error as { code?: string }).code === "HT001") {
      unforced = true;
      continue;
    }
    if (attempt >= attempts || !isContention(error)) throw migrationFailure(file, error, completed);
    await delay(Math.min(pauseMs * 2 ** (attempt - 1), pauseMsMax) * (0.5 + Math.random()));
    attempt += 1;
  }
}

/** A target whose tables the owner sees all rows of, where no role passes row security. */
type Unforced = MigrationTarget & { readonly unforced: boolean };

/** How many of the file's statements came through before the error; undefined when it was not one of them. */
type Failure = { readonly error: unknown; readonly completed: number | undefined };

async function attemptFile(
  client: pg.ClientBase,
  file: MigrationFile,
  target: Unforced,
): Promise<Failure | undefined> {
  let completed: number | undefined;
  const failed = (count: number) => {
    completed = count;
  };
  try {
    await client.query(cleanSession);
    await inTransaction(client, () => runFile(client, file, target, failed));
    return undefined;
  } catch (error) {
    return { error, completed };
  }
}

/** The ledger's row comes first: another runner that applies the same file waits at it, and then finds it done. */
async function runFile(
  client: pg.ClientBase,
  file: MigrationFile,
  target: Unforced,
  failed: (completed: number) => void,
): Promise<void> {
  const { place, roles, tenantId = "" } = target;
  const path = place === "shared" ? "shared, extensions" : `${quoted(place)}, shared, extensions`;
  await client.query(`set local statement_timeout = 0; set local lock_timeout = ${otherRunnerMs}`);
  await client.query(
    "insert into hestia.migrations (place, set, name, checksum, duration_ms) values ($1, $2, $3, $4, 0)",
    [place, file.set, file.name, file.checksum],
  );
  await client.query(`${timeouts(target)};
    set local hestia.tenant = ${literal(tenantId)};
    set local search_path = ${path};
    ${actAsMigrator(roles)}`);
  if (target.unforced) await client.query(unforceAll, [place]);
  const { rows: before } = await client.query<Session>(sessionText);
  await runScript(client, file.sql, failed);
  const { rows: after } = await client.query<Session>(sessionText);
  checkSession(file, before[0], after[0]);
  await client.query(timeouts(target));
  await settle(client, target);
  await client.query(
    `update hestia.migrations set duration_ms = 1000 * extract(epoch from clock_timestamp() - applied_at)
     where place = $1 and set = $2 and name = $3`,
    [place, file.set, file.name],
  );
}

/** Said again after the file, which may have said otherwise. */
const timeouts = ({ patience = patienceDefault }: MigrationTarget) =>
  `set local statement_timeout = 0; set local lock_timeout = ${patience.lockTimeoutMs}`;

/** The system's role passes row security, so that a file may change rows of all tenants; where there is none, the owner. */
const actAsMigrator = ({ system, owner }: Roles) =>
  `select set_config('role', case when rolbypassrls then ${literal(system)} else ${literal(owner)} end, true)
   from pg_catalog.pg_roles where rolname = ${literal(system)}`;

/** The tables stay locked until the file is done and they are forced again. */
const unforceAll = `select set_config('hestia.unforced', 'on', true),
  (select count(hestia.unforce(r.oid)) from hestia.relations($1) r where r.relkind in ('r', 'p'))`;

type Session = { role: string; path: string };
const sessionText = `select current_user as role, pg_catalog.current_setting('search_path') as path`;

/** By set_config() and in DO blocks a file can do what the rule on its text refuses. */
function checkSession(file: MigrationFile, before?: Session, after?: Session): void {
  if (before?.role === after?.role && before?.path === after?.path) return;
  const what = before?.role === after?.role ? "search_path" : "role";
  throw new HestiaError("migration_failed", {
    file: pathOf(file),
    problem: `it ends with another ${what} than it began with, so what it made may be in the wrong place; leave ${what} as it is.`,
  });
}

/** Hands what the file made to the owner, isolates or shares it, and refuses what stands where no one looks after it. */
async function settle(
  client: pg.ClientBase,
  { roles, set, place }: MigrationTarget,
): Promise<void> {
  const reassign = `reassign owned by ${quoted(roles.system)} to ${quoted(roles.owner)};`;
  const { rows } = await client.query<{ role: string }>("select current_user as role");
  await client.query(`reset role; ${rows[0]?.role === roles.system ? reassign : ""}
    set local search_path = pg_catalog; ${actAsMigrator(roles)}`);
  if (set === "shared") await client.query("select hestia.settle_shared()");
  else await client.query("select hestia.settle($1)", [place]);
}

async function recorded(
  client: pg.ClientBase,
  file: MigrationFile,
  target: MigrationTarget,
): Promise<boolean> {
  try {
    const { rowCount } = await client.query(
      "select from hestia.migrations where place = $1 and set = $2 and name = $3 and checksum = $4",
      [target.place, file.set, file.name, file.checksum],
    );
    return rowCount === 1;
  } catch {
    // The connection is gone: the migration's own failure says more.
    return false;
  }
}
