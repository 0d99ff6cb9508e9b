// What the doctor says. A finding names one object, why it matters and the SQL that cures it, and carries the name of
// the check that made it: names are stable, so that a program can wait for one.

/** `error`: isolation does not hold. `warning`: it holds less, or costs more, than it should. `info`: worth knowing. */
export type Severity = "error" | "warning" | "info";

/** One thing that the doctor found. */
export type Finding = {
  /** The check that found it. */
  readonly check: string;
  readonly severity: Severity;
  /** Where to run the cure. */
  readonly database: string;
  readonly object: string;
  /** One sentence. */
  readonly why: string;
  /** SQL for an administrator; a comment where SQL alone does not do it. */
  readonly cure: string;
};

/** What a check returns: the finding without what the check and the place already say. */
export type Fault = {
  readonly object: string;
  readonly why: string;
  readonly cure: string;
  /** Where it differs from the check's own. */
  readonly severity?: Severity;
  /** Where the cure is to be run, when that is not the database looked at. */
  readonly database?: string;
};

const order: readonly Severity[] = ["error", "warning", "info"];

/** Sorts the findings: the worst first, then as they were found. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return order.flatMap((severity) => findings.filter((each) => each.severity === severity));
}
