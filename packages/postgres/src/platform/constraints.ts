// From the name of a broken constraint to an error code. Each store keeps its own map beside its SQL.
import type { HestiaError } from "@hestia/core";

/** What each constraint means when a statement breaks it. */
export type ConstraintErrors = { readonly [constraint: string]: () => HestiaError };

/** Waits for the statement; a broken constraint of the map becomes its error, anything else passes through. */
export async function naming<T>(errors: ConstraintErrors, statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    const { constraint } = error as { constraint?: string };
    const known = constraint === undefined ? undefined : errors[constraint];
    throw known === undefined ? error : Object.assign(known(), { cause: error });
  }
}
