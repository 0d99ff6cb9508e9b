// What a probe is: one attack, and how its outcome is judged. Invariant: a probe that PostgreSQL did not even understand
// has proven nothing, and says so; it never counts as held.

import type { Outcome, Stage, Way } from "../stage.ts";

/** One attack on one object. `run` resolves to what leaked, or to undefined where the attack was held off. */
export type Probe = {
  readonly group: string;
  readonly name: string;
  /** The table, view, function or sequence; empty where it is the session or the server. */
  readonly object: string;
  readonly ways: readonly Way[];
  run(stage: Stage, way: Way): Promise<string | undefined>;
};

/** Thrown where a probe could not be played. */
export class Unplayed extends Error {
  override readonly name = "Unplayed";
}

/** Permission denied or row security; the scope's own refusals; foreign keys, checks, read-only; the library's rule. */
const refusals = new Set([
  "42501",
  "HT001",
  "HT002",
  "23503",
  "23514",
  "25006",
  "statement_refused",
  "scope_missing",
]);

/** Judges an outcome: refused is held, accepted is what `leaks` says of it. */
export function judge(
  outcome: Outcome,
  leaks: (outcome: Outcome) => string | undefined,
  alsoHeld: readonly string[] = [],
): string | undefined {
  if (outcome.error === undefined) return leaks(outcome);
  if (refusals.has(outcome.error) || alsoHeld.includes(outcome.error)) return undefined;
  throw new Unplayed(`${outcome.error}: ${outcome.message}`);
}

/** Leaks when it has any row, or changed any. */
export const anyRow = ({ rowCount }: Outcome): string | undefined =>
  rowCount > 0 ? `${rowCount} row${rowCount === 1 ? "" : "s"}` : undefined;

/** Leaks when it was accepted at all. */
export const accepted = (): string => "it was accepted";

/** Leaks when the column `n` is more than nothing. */
export const counted = ({ rows }: Outcome): string | undefined => {
  const n = Number(rows[0]?.n ?? 0);
  return n > 0 ? `${n} counted` : undefined;
};

export const both: readonly Way[] = ["library", "raw"];
