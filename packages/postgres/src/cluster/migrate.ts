// Applies an application's migrations to one partition: each file in one transaction with its isolation and its ledger row.
// Invariant: a file that leaves a table neither isolated nor shared changes nothing, and two runners never apply one twice.

import { setTimeout as delay } from "node:timers/promises";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { inTransaction } from "./admin.ts";
import { literal, quoted, type Roles } from "./identifiers.ts";
import { isContention, migrationFailure } from "./migration-failure.ts";
import { checkOrder, checkText, type MigrationFile, pathOf } from "./migration-files.ts";
import {
  cleanSession,
  type MigrationTarget,
  type Patience,
  pauseBefore,
  recorded,
} from "./migration-target.ts";
import { runScript } from "./script.ts";
import { runUntransacted } from "./untransacted.ts";
import { isUntransacted, untransactedOf } from "./untransacted-text.ts";

/** Longer in sum than the longest statement of a tenant. */
const patienceDefault: Patience = { lockTimeoutMs: 2_000, attempts: 8, pauseMs: 500 };
const otherRunnerMsDefault = 600_000;

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
  const todo = await findMissing(client, wanted, target);
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

/** What the target's own ledger lacks; throws where that ledger and the files do not fit. */
export async function findMissing(
  client: pg.ClientBase,
  wanted: readonly MigrationFile[],
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
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryFile(client, file, target);
    if (tried === "applied" || tried === "there") return tried === "applied";
    const { error, completed } = tried;
    if (attempt >= attempts || !isContention(error)) throw migrationFailure(file, error, completed);
    await delay(pauseBefore(attempt, pauseMs));
  }
}

/** What came of one attempt at a file: applied by this runner or by another, or failed and nothing changed. */
export type Tried = "applied" | "there" | Failure;

/** Tries a file once. */
export async function tryFile(
  client: pg.ClientBase,
  file: MigrationFile,
  target: MigrationTarget,
): Promise<Tried> {
  const first = await attemptFile(client, file, { ...target, unforced: false });
  if (typeof first === "string") return first;
  if (await recorded(client, file, target)) return "there";
  if ((first.error as { code?: string }).code !== "HT001") return first;
  const second = await attemptFile(client, file, { ...target, unforced: true });
  if (typeof second === "string") return second;
  return (await recorded(client, file, target)) ? "there" : second;
}

/** A target whose tables the owner sees all rows of, where no role passes row security. */
export type Unforced = MigrationTarget & { readonly unforced: boolean };

/** How many of the file's statements came through before the error; undefined when it was not one of them. */
export type Failure = { readonly error: unknown; readonly completed: number | undefined };

async function attemptFile(
  client: pg.ClientBase,
  file: MigrationFile,
  target: Unforced,
): Promise<Tried> {
  let completed: number | undefined;
  const failed = (count: number) => {
    completed = count;
  };
  try {
    if (isUntransacted(file.sql) && !target.isNew)
      return await runUntransacted(client, file, target);
    await client.query(cleanSession);
    await inTransaction(client, () => runFile(client, file, target, failed));
    return "applied";
  } catch (error) {
    return { error, completed };
  }
}

/** Runs a file in the transaction that the client is in. The ledger's row comes first: another runner that applies the same file waits at it, and then finds it done. */
export async function runFile(
  client: pg.ClientBase,
  file: MigrationFile,
  target: Unforced,
  failed: (completed: number) => void,
): Promise<void> {
  const { place, roles, tenantId = "" } = target;
  const path = place === "shared" ? "shared, extensions" : `${quoted(place)}, shared, extensions`;
  const { otherRunnerMs = otherRunnerMsDefault } = target.patience ?? patienceDefault;
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
  await runScript(client, textOf(file), failed);
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

/** What is sent in a transaction; nothing, where a file has sense only where there are rows already. */
const textOf = ({ sql, set }: MigrationFile): string =>
  isUntransacted(sql) ? (untransactedOf(sql, set).transacted ?? "") : sql;

/** Said again after the file, which may have said otherwise. */
const timeouts = ({ patience = patienceDefault }: MigrationTarget) =>
  `set local statement_timeout = ${patience.statementTimeoutMs ?? 0}; set local lock_timeout = ${patience.lockTimeoutMs}`;

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
