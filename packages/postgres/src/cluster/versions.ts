// Hestia's own schema, in numbered SQL files: applied in order, each in one transaction, recorded with its checksum.
// Two starters at once take turns on the ledger's lock.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { fillRoles, quoted, type Roles } from "./identifiers.ts";

type VersionFile = { readonly name: string; readonly sql: string; readonly checksum: string };

const sqlFolder = new URL("../../sql/", import.meta.url);

/** Reads one SQL file of the package, with the roles' names filled in where they are given. */
export async function readSql(path: string, roles?: Roles): Promise<string> {
  const text = await readFile(new URL(path, sqlFolder), "utf8");
  return roles ? fillRoles(text, roles) : text;
}

/** The numbered files of a folder, in order. */
export async function readVersions(folder: "data" | "platform"): Promise<VersionFile[]> {
  const names = (await readdir(fileURLToPath(new URL(folder, sqlFolder))))
    .filter((name) => name.endsWith(".sql"))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${folder}/${name}`, sqlFolder), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Brings a database to the current version of Hestia's own schema; returns the files applied.
 * `as` is the role that shall own what is made; absent, the one logged in does.
 */
export async function applyVersions(
  client: pg.ClientBase,
  { folder, roles, as }: { folder: "data" | "platform"; roles: Roles; as?: string },
): Promise<string[]> {
  const files = await readVersions(folder);
  const ledger = "hestia_versions.applied";
  if (await isCurrent(client, ledger, files)) return [];
  await client.query("begin");
  try {
    await client.query("create schema if not exists hestia_versions");
    await client.query(
      `create table if not exists ${ledger} (name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
    );
    await client.query(`lock table ${ledger} in exclusive mode`);
    const applied = await pending(client, ledger, files);
    if (as) await client.query(`set local role ${quoted(as)}`);
    for (const file of applied) await client.query(fillRoles(file.sql, roles));
    if (as) await client.query("reset role");
    for (const file of applied) {
      await client.query(`insert into ${ledger} (name, checksum) values ($1, $2)`, [
        file.name,
        file.checksum,
      ]);
    }
    await client.query("commit");
    return applied.map((file) => file.name);
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function isCurrent(
  client: pg.ClientBase,
  ledger: string,
  files: VersionFile[],
): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass($1) is not null as there",
    [ledger],
  );
  if (!rows[0]?.there) return false;
  const found = await readLedger(client, ledger);
  return (
    files.every((file) => found.get(file.name) === file.checksum) && found.size === files.length
  );
}

async function readLedger(client: pg.ClientBase, ledger: string): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    `select name, checksum from ${ledger}`,
  );
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

async function pending(
  client: pg.ClientBase,
  ledger: string,
  files: VersionFile[],
): Promise<VersionFile[]> {
  const found = await readLedger(client, ledger);
  const newest = [...found.keys()].sort().at(-1) ?? "";
  const last = files.at(-1)?.name ?? "";
  if (newest > last) {
    throw new HestiaError("database_unsuitable", {
      problem: `This database was made by a newer Hestia (it has ${newest}); start that version, or a newer one.`,
    });
  }
  for (const file of files) {
    const checksum = found.get(file.name);
    if (checksum !== undefined && checksum !== file.checksum) {
      throw new HestiaError("database_unsuitable", {
        problem: `Hestia's own ${file.name} differs from what this database was made with; restore the released version.`,
      });
    }
  }
  return files.filter((file) => !found.has(file.name));
}
