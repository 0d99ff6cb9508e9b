// An application's migrations: plain SQL files in tenant/ and shared/, in the order of their names.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HestiaError } from "@hestia/core";

/** Which tables a migration makes: those of each tenant, or those that all tenants read. */
export type MigrationSet = "tenant" | "shared";

/** One migration. `checksum` is the SHA-256 of `sql`, in hex. */
export type MigrationFile = {
  readonly set: MigrationSet;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

/** A migration with its checksum. */
export function migrationFile(set: MigrationSet, name: string, sql: string): MigrationFile {
  return { set, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
}

/** The name as errors and people write it: `tenant/0001_orders.sql`. */
export const pathOf = (file: MigrationFile): string => `${file.set}/${file.name}`;

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
  return Promise.all(
    names.map(async (name) =>
      migrationFile(set, name, await readFile(join(folder, set, name), "utf8")),
    ),
  );
}
