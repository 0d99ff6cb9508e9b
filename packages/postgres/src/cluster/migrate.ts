// Applies an application's migrations to one partition: each file in one transaction with its isolation and its ledger row.
// Invariant: a file that leaves a table neither isolated nor shared changes nothing.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { isUnavailable } from "../failures.ts";
import { inTransaction } from "./admin.ts";
import { quoted, type Roles } from "./identifiers.ts";
import { type MigrationFile, type MigrationSet, pathOf } from "./migration-files.ts";

/** Where migrations are applied: a schema of the database that the client is in. */
export type MigrationTarget = {
  readonly place: string;
  readonly set: MigrationSet;
  readonly roles: Roles;
  /** The tenant whose own partition it is; columns of existing rows default to it. */
  readonly tenantId?: string | undefined;
};

/** Told after each file: how many are done of how many. */
export type OnFile = (done: number, total: number, name: string) => void;

/** Applies what the target's ledger lacks, in order; returns the names applied. */
export async function applyMigrations(
  client: pg.ClientBase,
  files: readonly MigrationFile[],
  target: MigrationTarget,
  onFile: OnFile = () => {},
): Promise<string[]> {
  const wanted = files.filter((file) => file.set === target.set);
  const todo = await missing(client, wanted, target);
  for (const [index, file] of todo.entries()) {
    await applyOne(client, file, target);
    onFile(index + 1, todo.length, file.name);
  }
  return todo.map((file) => file.name);
}

async function missing(
  client: pg.ClientBase,
  wanted: MigrationFile[],
  target: MigrationTarget,
): Promise<MigrationFile[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    "select name, checksum from hestia.migrations where place = $1 and set = $2 order by name",
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
  return wanted.filter((file) => !applied.has(file.name));
}

async function applyOne(
  client: pg.ClientBase,
  file: MigrationFile,
  target: MigrationTarget,
): Promise<void> {
  const started = performance.now();
  try {
    await inTransaction(client, async () => {
      await client.query(`set local role ${quoted(target.roles.owner)}`);
      await client.query(
        "select set_config('search_path', $1, true), set_config('hestia.tenant', $2, true), set_config('lock_timeout', '5s', true)",
        [
          target.place === "shared"
            ? "shared,extensions"
            : `${quoted(target.place)},shared,extensions`,
          target.tenantId ?? "",
        ],
      );
      await client.query(file.sql);
      await settle(client, target);
      // Another runner may have been here first: then the row is there, and this transaction must not be.
      await client.query(
        "insert into hestia.migrations (place, set, name, checksum, duration_ms) values ($1, $2, $3, $4, $5)",
        [target.place, file.set, file.name, file.checksum, performance.now() - started],
      );
    });
  } catch (error) {
    if (await recorded(client, file, target)) return;
    throw migrationFailure(file, error);
  }
}

/** Isolates what the file made, and refuses tables that stand where no one may look after them. */
async function settle(client: pg.ClientBase, target: MigrationTarget): Promise<void> {
  await client.query("set local search_path = pg_catalog");
  await client.query(`set local role ${quoted(target.roles.owner)}`);
  const { rows } = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f') and c.relowner = current_user::regrole
       and n.nspname not in ('hestia', 'shared', 'app', 'extensions', 'hestia_versions') and n.nspname !~ '^(t_[0-9a-f]{32}$|pg_)'`,
  );
  const stray = rows[0]?.name;
  if (stray !== undefined) throw new HestiaError("table_not_isolated", { table: stray });
  if (target.set === "shared") await client.query("select hestia.settle_shared()");
  else await client.query("select hestia.settle($1)", [target.place]);
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

const plainReference =
  "its target is isolated, so its key leads with tenant_id: declare the column `tenant_id uuid not null default hestia.tenant_id()` and write `foreign key (tenant_id, …) references target (tenant_id, …)`";

function migrationFailure(file: MigrationFile, cause: unknown): Error {
  const { code, message, hint, position } = cause as {
    code?: string;
    message: string;
    hint?: string;
    position?: string;
  };
  if (code === "HT101") {
    const [, table = "", reason = message] =
      /^(?:table )?(\S+) (?:cannot be isolated|cannot be shared|is not isolated): (.*)$/s.exec(
        message,
      ) ?? [];
    return new HestiaError(
      "table_not_isolatable",
      { table, reason: `${reason}. ${hint ?? ""}`.trim(), file: pathOf(file) },
      { cause },
    );
  }
  if (cause instanceof HestiaError) return cause;
  if (isUnavailable(cause)) return new HestiaError("database_unavailable", {}, { cause });
  const line = position ? ` (line ${file.sql.slice(0, Number(position)).split("\n").length})` : "";
  const cure = code === "42830" ? `; ${plainReference}` : hint ? `; ${hint}` : "";
  return new HestiaError(
    "migration_failed",
    { file: pathOf(file), problem: `${message}${line}${cure}` },
    { cause },
  );
}
