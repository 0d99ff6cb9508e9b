// The whole examination: what is installed where, then every check in every database that it is for. Nothing is
// changed; databases are looked at one after the other, so that a large installation is not burdened.

import { checkDatabaseUrl } from "../cluster/admin.ts";
import { withCatalogue } from "./catalogue.ts";
import { type Check, runCheck } from "./check.ts";
import { extensionChecks } from "./extensions.ts";
import { type Finding, worstFirst } from "./findings.ts";
import { hardeningChecks } from "./hardening.ts";
import { indexChecks } from "./indexes.ts";
import { type Installation, readInstallation } from "./installation.ts";
import { loginChecks } from "./logins.ts";
import { placeChecks } from "./places.ts";
import { rightsChecks } from "./rights.ts";
import { serverChecks } from "./server.ts";

/** Every check there is. */
export const checks: readonly Check[] = [
  ...serverChecks,
  ...loginChecks,
  ...hardeningChecks,
  ...placeChecks,
  ...rightsChecks,
  ...extensionChecks,
  ...indexChecks,
];

/** What the doctor was asked. */
export type ExamineOptions = {
  /** An administrator's URL of the platform database. */
  readonly databaseUrl: string;
  /** Told which database is looked at: how many are done of how many. */
  readonly onDatabase?: (database: string, done: number, total: number) => void;
};

/** What the doctor saw. */
export type Report = {
  /** PostgreSQL's version. */
  readonly version: string;
  readonly superuser: boolean;
  /** The databases looked at. */
  readonly databases: readonly string[];
  /** How many questions were asked. */
  readonly checks: number;
  /** The worst first. */
  readonly findings: readonly Finding[];
};

/**
 * Examines an installation.
 *
 * Throws `database_unavailable` or `database_unsuitable` with one clear sentence, also when nothing is installed there.
 */
export async function examine(options: ExamineOptions): Promise<Report> {
  checkDatabaseUrl(options.databaseUrl);
  const installation = await readInstallation(options.databaseUrl);
  const findings: Finding[] = [];
  const databases = [...installation.databases];
  let asked = 0;
  for (const [index, [database, kind]] of databases.entries()) {
    options.onDatabase?.(database, index, databases.length);
    const due = checks.filter(({ on }) => on.includes(kind));
    asked += due.length;
    findings.push(...(await examineDatabase(installation, database, due)));
  }
  return {
    version: installation.server.text,
    superuser: installation.server.superuser,
    databases: databases.map(([name]) => name),
    checks: asked,
    findings: worstFirst(findings),
  };
}

/** Makes the given checks in one database. */
export function examineDatabase(
  installation: Installation,
  database: string,
  due: readonly Check[],
): Promise<Finding[]> {
  return withCatalogue(installation, database, async (catalogue) => {
    const findings: Finding[] = [];
    for (const check of due) findings.push(...(await runCheck(check, catalogue)));
    return findings;
  });
}
