// An application's migrations: plain SQL files in tenant/ and shared/, in the order of their names.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HestiaError } from "@hestia/core";
import { faultOf } from "./migration-text.ts";
import { isUntransacted, untransactedFault } from "./untransacted-text.ts";

/** Which tables a migration makes: those of each tenant, or those that all tenants read. */
export type MigrationSet = "tenant" | "shared";

/** One migration. `checksum` is the SHA-256 of `sql`, in hex. */
export type MigrationFile = {
  readonly set: MigrationSet;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

/** A migration with its checksum, which does not depend on how an editor or git writes the ends of lines. */
export function migrationFile(set: MigrationSet, name: string, text: string): MigrationFile {
  const sql = text.replace(/^\uFEFF/, "");
  const checksum = createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
  return { set, name, sql, checksum };
}

/** The name as errors and people write it: `tenant/0001_orders.sql`. */
export const pathOf = (file: MigrationName): string => `${file.set}/${file.name}`;

/** Throws `migration_failed` when the text has something that no migration may say. */
export function checkText(file: MigrationFile): void {
  const fault =
    faultOf(file.sql) ??
    (isUntransacted(file.sql) ? untransactedFault(file.sql, file.set) : undefined);
  if (fault === undefined) return;
  const problem = `line ${fault.line}: ${fault.problem}.`;
  throw new HestiaError("migration_failed", { file: pathOf(file), problem, line: fault.line });
}

/** What tells one migration from another. */
export type MigrationName = Pick<MigrationFile, "set" | "name">;

/**
 * Throws `migration_failed` for a file that sorts before one that was applied: it would run in another order here than in
 * a new partition.
 */
export function checkOrder(
  files: readonly MigrationName[],
  applied: readonly MigrationName[],
): void {
  for (const file of files) {
    const later = applied.find(({ set, name }) => set === file.set && name > file.name);
    if (later === undefined) continue;
    const problem = `${later.name} was applied before it, so give it a name that sorts behind that.`;
    throw new HestiaError("migration_failed", { file: pathOf(file), problem });
  }
}

/** Reads a folder with `tenant/` and `shared/`; either may be absent, not both. */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const sets = await Promise.all(
    (["shared", "tenant"] as const).map((set) => readSet(folder, set)),
  );
  if (sets.every((files) => files === undefined)) {
    throw new HestiaError("migration_missing", { file: `${folder}/tenant` });
  }
  return sets.flatMap((files) => files ?? []);
}

async function readSet(folder: string, set: MigrationSet): Promise<MigrationFile[] | undefined> {
  let names: string[];
  try {
    names = (await readdir(join(folder, set))).filter((name) => name.endsWith(".sql")).sort();
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  return Promise.all(names.map((name) => readOne(folder, set, name)));
}

async function readOne(folder: string, set: MigrationSet, name: string): Promise<MigrationFile> {
  const bytes = await readFile(join(folder, set, name));
  try {
    return migrationFile(set, name, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const problem = "it is not text in UTF-8, so save it as UTF-8.";
    throw new HestiaError("migration_failed", { file: `${set}/${name}`, problem }, { cause });
  }
}
