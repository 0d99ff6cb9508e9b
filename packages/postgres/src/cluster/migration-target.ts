// Where migrations are applied, how patiently, and what any runner of them needs of the session and the ledger.

import type pg from "pg";
import type { Roles } from "./identifiers.ts";
import type { MigrationFile, MigrationSet } from "./migration-files.ts";

/** Where migrations are applied: a schema of the database that the client is in. */
export type MigrationTarget = {
  readonly place: string;
  readonly set: MigrationSet;
  readonly roles: Roles;
  /** The tenant whose own partition it is; columns of existing rows default to it. */
  readonly tenantId?: string | undefined;
  /** Nobody uses it yet: what otherwise avoids locks is done in the file's transaction. */
  readonly isNew?: boolean | undefined;
  readonly patience?: Patience | undefined;
};

/** How long a migration waits for locks: while it waits for a table, everyone else waits behind it. */
export type Patience = {
  readonly lockTimeoutMs: number;
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly pauseMs: number;
  /** How long one statement may run; 0 or absent: as long as it takes. */
  readonly statementTimeoutMs?: number | undefined;
  /** How long one runner waits for another that applies the same file; absent: ten minutes. */
  readonly otherRunnerMs?: number | undefined;
};

const pauseMsMax = 5_000;

/** The pause before another attempt, told apart from others' by chance. */
export const pauseBefore = (attempt: number, pauseMs: number): number =>
  Math.min(pauseMs * 2 ** (attempt - 1), pauseMsMax) * (0.5 + Math.random());

/** As DISCARD ALL, but the plans of Hestia's own functions stay. */
export const cleanSession =
  "reset role; close all; reset all; deallocate all; unlisten *; select pg_advisory_unlock_all(); discard sequences; discard temp";

/** Whether the target's ledger has the file. */
export async function recorded(
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
