// What PostgreSQL says about a migration, as one sentence that names the file, the line and the cure.

import { HestiaError } from "@hestia/core";
import { isUnavailable } from "../failures.ts";
import { type MigrationFile, pathOf } from "./migration-files.ts";
import { type MigrationStatement, statementsOf } from "./migration-text.ts";
import { untransactedLine } from "./untransacted-text.ts";

type Reported = {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly detail?: string;
  readonly position?: string;
  readonly table?: string;
  readonly constraint?: string;
};

/** A lock that did not come, a deadlock, or two runners at one row of the catalogue: the same again may well succeed. */
export function isContention(error: unknown): boolean {
  const { code = "", message, constraint = "" } = error as Reported;
  if (code === "XX000") return message === "tuple concurrently updated";
  return /^(55P03|40P01|40001)$/.test(code) || (code === "23505" && constraint.startsWith("pg_"));
}

/** `completed` is how many of the file's statements came through; absent when it failed before or after them. */
export function migrationFailure(file: MigrationFile, cause: unknown, completed?: number): Error {
  if (cause instanceof HestiaError) return cause;
  if (isUnavailable(cause)) return new HestiaError("database_unavailable", {}, { cause });
  const reported = cause as Reported;
  if (reported.code === "HT101") {
    const reason = `${reported.detail} (${pathOf(file)}${lineOf(file, reported, completed)}); ${cureOf(reported.hint)}`;
    const table = reported.table ?? "";
    return new HestiaError(
      "table_not_isolatable",
      { table, reason, file: pathOf(file), line: lineNumber(file, reported, completed) },
      { cause },
    );
  }
  return new HestiaError(
    "migration_failed",
    {
      file: pathOf(file),
      problem: problemOf(file, reported, completed),
      line: lineNumber(file, reported, completed),
    },
    { cause },
  );
}

function problemOf(file: MigrationFile, reported: Reported, completed: number | undefined): string {
  const { code, message, hint } = reported;
  const line = lineOf(file, reported, completed);
  const statement = completed === undefined ? undefined : statementsOf(file.sql)[completed];
  const cure = cures[code ?? ""]?.(statement) ?? hint;
  return `${message.replace(/\.$/, "")}${line}${cure ? `; ${cureOf(cure)}` : "."}`;
}

/** `, line 3`; empty when it is not known. */
function lineOf(file: MigrationFile, reported: Reported, completed?: number): string {
  const line = lineNumber(file, reported, completed);
  return line === undefined ? "" : `, line ${line}`;
}

/** Where PostgreSQL points, or else where the failed statement begins. */
function lineNumber(
  file: MigrationFile,
  { position }: Reported,
  completed?: number,
): number | undefined {
  // PostgreSQL counts characters, JavaScript halves of those beyond the first plane.
  if (position !== undefined && completed !== undefined)
    return [...file.sql].slice(0, Number(position) - 1).filter((each) => each === "\n").length + 1;
  return completed === undefined ? undefined : statementsOf(file.sql)[completed]?.line;
}

/** A cure as the rest of a sentence. */
function cureOf(hint = ""): string {
  const ended = /[.!?]$/.test(hint) ? hint : `${hint}.`;
  return /^[A-Z][a-z]/.test(ended) ? ended.charAt(0).toLowerCase() + ended.slice(1) : ended;
}

const cures: Record<string, (statement: MigrationStatement | undefined) => string> = {
  "42830": () =>
    'its target has tenant_id in front of its key already, so write "select hestia.isolate(…)" for the new table, and then "alter table … add foreign key (tenant_id, …) references …"',
  "25001": () =>
    `give it a file of its own whose first line is "${untransactedLine}", since every other file runs in a transaction`,
  "55P03": () =>
    "other transactions kept a lock on it through every attempt, so end them, or try again later",
  "23502": () =>
    "a row that belongs to no tenant cannot be stored, so name tenant_id, or leave such rows to the application",
  HT001: () => "a migration belongs to no tenant, so leave out what asks for one",
};
