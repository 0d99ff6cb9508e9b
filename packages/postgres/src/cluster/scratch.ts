// A partition that never was: migrations applied in a transaction that is always rolled back, in the template of tenants'
// databases, where nothing that anybody uses can be locked.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { rolledBack } from "./admin.ts";
import { quoted, type Roles } from "./identifiers.ts";
import { type Failure, runFile } from "./migrate.ts";
import { migrationFailure } from "./migration-failure.ts";
import { checkText, type MigrationFile } from "./migration-files.ts";

/** The schema and the tenant of a scratch partition of one tenant's own. */
export const scratch = {
  place: "t_00000000000070008000000000000000",
  tenantId: "00000000-0000-7000-8000-000000000000",
} as const;

/** What to apply; `isShared`: to tables that many tenants share, not to one tenant's own. */
export type ScratchOptions = {
  readonly files: readonly MigrationFile[];
  readonly roles: Roles;
  readonly isShared?: boolean;
};

type Shape = Pick<ScratchOptions, "roles" | "isShared">;

/** What came of a file; those behind one that failed were not tried. */
export type Trial = { readonly file: MigrationFile; readonly error?: Error | undefined };

/**
 * Applies the files, in their order, and then does the work in the same transaction; nothing stays. With a file that
 * failed the work is not done.
 */
export async function inScratch<T>(
  client: pg.ClientBase,
  { files, roles, isShared = false }: ScratchOptions,
  work: () => Promise<T>,
): Promise<{ trials: Trial[]; result?: T }> {
  return rolledBack(
    client,
    async () => {
      await makePlace(client, roles);
      const trials: Trial[] = [];
      for (const file of files) {
        const error = await tryInside(client, file, { roles, isShared });
        trials.push({ file, error });
        if (error !== undefined) return { trials };
      }
      await client.query("reset role; set local search_path = pg_catalog");
      return { trials, result: await work() };
    },
    { rollback: "rollback; reset all; deallocate all" },
  );
}

async function makePlace(client: pg.ClientBase, roles: Roles): Promise<void> {
  const { place, tenantId } = scratch;
  await client.query(`set local lock_timeout = '10s';
    insert into hestia.tenants (tenant_id, place, state) values ('${tenantId}', '${place}', 'provisioning');
    create schema ${place} authorization ${quoted(roles.owner)};
    grant usage on schema ${place} to ${quoted(roles.app)}`);
}

async function tryInside(
  client: pg.ClientBase,
  file: MigrationFile,
  shape: Shape,
): Promise<Error | undefined> {
  try {
    checkText(file);
  } catch (error) {
    if (error instanceof HestiaError) return error;
    throw error;
  }
  const first = await trySaved(client, { ...shape, file, unforced: false });
  if ((first?.error as { code?: string } | undefined)?.code !== "HT001")
    return first && migrationFailure(file, first.error, first.completed);
  const second = await trySaved(client, { ...shape, file, unforced: true });
  return second && migrationFailure(file, second.error, second.completed);
}

async function trySaved(
  client: pg.ClientBase,
  { file, roles, isShared, unforced }: Shape & { file: MigrationFile; unforced: boolean },
): Promise<Failure | undefined> {
  let completed: number | undefined;
  const own = file.set === "tenant" && !isShared;
  const target = {
    place: file.set === "shared" ? "shared" : own ? scratch.place : "app",
    set: file.set,
    roles,
    tenantId: own ? scratch.tenantId : undefined,
    isNew: true,
    unforced,
  };
  await client.query("savepoint hestia_trial; reset role");
  try {
    await runFile(client, file, target, (count) => {
      completed = count;
    });
    await client.query("reset role; release hestia_trial");
    return undefined;
  } catch (error) {
    await client.query("rollback to hestia_trial; release hestia_trial");
    return { error, completed };
  }
}
