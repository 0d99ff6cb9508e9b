// A check is one question to one database's catalogue. It changes nothing and answers with faults, none when all is
// well; a check that cannot be made says so as a finding, since silence would read as health.

import type { Catalogue } from "./catalogue.ts";
import type { Fault, Finding, Severity } from "./findings.ts";
import type { DatabaseKind } from "./installation.ts";

/** One question. */
export type Check = {
  /** Stable: programs wait for it. */
  readonly name: string;
  /** The databases to ask. */
  readonly on: readonly DatabaseKind[];
  readonly severity: Severity;
  /** Whether only a superuser can cure it: where there is none, its faults are the known price of reduced isolation. */
  readonly needsSuperuser?: true;
  find(catalogue: Catalogue): Promise<Fault[]>;
};

/** Makes the check in one database. */
export async function runCheck(check: Check, catalogue: Catalogue): Promise<Finding[]> {
  const faults = await check.find(catalogue).catch((error: Error): Fault[] => [
    {
      object: `database ${catalogue.database}`,
      why: `The check could not be made: ${error.message}.`,
      cure: "-- Run the doctor as a superuser, or as a role that may read the catalogue.",
      severity: "warning",
    },
  ]);
  const reduced = check.needsSuperuser === true && !catalogue.installation.server.superuser;
  return (reduced ? gather(faults) : faults).map((fault) => ({
    check: check.name,
    severity: check.severity,
    database: catalogue.database,
    ...fault,
  }));
}

/** One warning instead of hundreds that this administrator could do nothing about. */
function gather(faults: readonly Fault[]): Fault[] {
  const [first, ...others] = faults;
  if (first === undefined) return [];
  return [
    {
      object: others.length === 0 ? first.object : `${first.object} and ${others.length} more`,
      why: `${first.why} Only a superuser can take it away.`,
      cure: faults.map(({ cure }) => cure).join("\n"),
      severity: "warning",
    },
  ];
}
